-- no transaction: an index is made beside the work of others
DROP INDEX CONCURRENTLY IF EXISTS chat_attachments_thread_id;
CREATE INDEX CONCURRENTLY chat_attachments_thread_id ON chat_attachments (thread_id);
DROP INDEX CONCURRENTLY IF EXISTS chat_attachments_of_thread;
