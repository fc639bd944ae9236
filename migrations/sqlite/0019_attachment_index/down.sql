CREATE INDEX chat_attachments_thread_id ON chat_attachments (thread_id);
DROP INDEX chat_attachments_of_thread;
