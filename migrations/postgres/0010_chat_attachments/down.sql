DROP TABLE chat_attachment_parts;
DROP TABLE chat_attachments;
