-- Files of no thread are found by their age. While the index of threads had them too, SQLite took it for
-- the better one and sorted all of them.
CREATE INDEX chat_attachments_of_thread ON chat_attachments (thread_id) WHERE thread_id IS NOT NULL;
DROP INDEX chat_attachments_thread_id;
