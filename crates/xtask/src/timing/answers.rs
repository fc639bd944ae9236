//! Answers, compared to the byte.

use std::collections::BTreeMap;

/// What all answers of a status must look like, and which do not.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The first of each status, and whose it was.
    seen: BTreeMap<u16, (&'static str, Vec<u8>)>,
    /// How many were compared.
    pub(super) compared: u64,
    /// How many were not the same.
    pub(super) different: u64,
    /// The first that was not.
    pub(super) example: Option<String>,
}

impl Answers {
    /// Compares an answer with those of the same status, of whatever class.
    pub(super) fn compare(&mut self, class: &'static str, status: u16, answer: &[u8]) {
        self.compared += 1;
        let (first_class, first) = self.seen.entry(status).or_insert_with(|| (class, answer.to_vec()));
        if first != answer {
            self.different += 1;
            let (first, answer) = (String::from_utf8_lossy(first), String::from_utf8_lossy(answer));
            self.example
                .get_or_insert_with(|| format!("{first_class} was answered\n{first}\nand {class}\n{answer}"));
        }
    }

    /// Takes in what another connection saw.
    pub(super) fn merge(&mut self, other: Self) {
        let compared = self.compared + other.compared;
        self.different += other.different;
        self.example = self.example.take().or(other.example);
        for (status, (class, answer)) in other.seen {
            self.compare(class, status, &answer);
        }
        self.compared = compared;
    }
}

/// An answer without what differs between any two: the id of the request, the date, and for how long to
/// stay away. Header lines are put in order: a server may send them in any.
pub(super) fn plain(head: &[u8], body: &[u8], request_id: &str) -> Vec<u8> {
    let head = String::from_utf8_lossy(head).replace(request_id, "ID");
    let mut lines = head.split("\r\n");
    let mut text = lines.next().unwrap_or_default().to_owned();
    let mut headers: Vec<String> = lines
        .map(|line| match line.split_once(':') {
            Some((name, _)) if is_of_the_moment(name) => format!("{name}: …"),
            _ => line.to_owned(),
        })
        .collect();
    headers.sort();
    for header in headers {
        text.push('\n');
        text.push_str(&header);
    }
    let mut plain = text.into_bytes();
    plain.extend_from_slice(b"\n\n");
    match str::from_utf8(body) {
        Ok(body) => plain.extend_from_slice(body.replace(request_id, "ID").as_bytes()),
        Err(_) => plain.extend_from_slice(body),
    }
    plain
}

fn is_of_the_moment(name: &str) -> bool {
    ["date", "retry-after"].iter().any(|moment| name.eq_ignore_ascii_case(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nx-request-id: t-7\r\ndate: now\r\na: b";

    #[test]
    fn only_id_and_moment_are_left_out() {
        let one = plain(HEAD, b"{\"request_id\":\"t-7\"}", "t-7");
        assert_eq!(
            String::from_utf8(one.clone()).unwrap(),
            "HTTP/1.1 401 Unauthorized\na: b\ndate: …\nx-request-id: ID\n\n{\"request_id\":\"ID\"}"
        );
        let later = b"HTTP/1.1 401 Unauthorized\r\na: b\r\nx-request-id: t-8\r\ndate: later";
        assert_eq!(plain(later, b"{\"request_id\":\"t-8\"}", "t-8"), one);
        assert_ne!(plain(later, b"{\"request_id\":\"t-8\" }", "t-8"), one);
    }

    #[test]
    fn one_byte_more_one_header_more_or_a_cookie_is_a_difference() {
        let (first, id) = (plain(HEAD, b"{}", "t-7"), "t-7");
        for (head, body) in [
            (&b"HTTP/1.1 401 Unauthorized\r\nx-request-id: t-7\r\ndate: now\r\na: c"[..], &b"{}"[..]),
            (b"HTTP/1.1 401 Unauthorized\r\nx-request-id: t-7\r\ndate: now\r\na: b\r\na: b", b"{}"),
            (b"HTTP/1.1 401 Unauthorized\r\nx-request-id: t-7\r\ndate: now\r\na: b\r\nset-cookie: x", b"{}"),
            (b"HTTP/1.1 401 Unauthorized\r\nx-request-id: t-7\r\ndate: now\r\na: b", b"{} "),
        ] {
            let mut answers = Answers::default();
            answers.compare("unknown", 401, &first);
            answers.compare("known", 401, &plain(head, body, id));
            assert_eq!((answers.compared, answers.different), (2, 1));
            let example = answers.example.unwrap();
            assert!(
                example.starts_with("unknown was answered\nHTTP/1.1 401") && example.contains("and known\n")
            );
        }
    }

    #[test]
    fn what_other_connections_saw_is_compared_too() {
        let mut answers = Answers::default();
        answers.compare("unknown", 401, b"a");
        let mut others = Answers::default();
        others.compare("known", 401, b"b");
        others.compare("known", 503, b"c");
        answers.merge(others);
        assert_eq!((answers.compared, answers.different), (3, 1));
    }
}
