// The provider of docs/frontend.md where the server is in hosted mode.

import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { createAutorisen } from "../../autorisen.js";

const autorisen = createAutorisen({ baseUrl: new URLSearchParams(location.search).get("server") ?? "" });
const ADA = { email: "ada@example.org", password: "correct horse battery staple" };

function Chat() {
  const { control } = useChatKit(autorisen.chatkitOptions({ mode: "hosted" }));
  return <ChatKit control={control} />;
}

function Page() {
  const [isSignedIn, setIsSignedIn] = useState(false);
  useEffect(() => void autorisen.login(ADA).then(() => setIsSignedIn(true)), []);
  return isSignedIn && <Chat />;
}

createRoot(document.getElementById("root") ?? document.body).render(<Page />);
