DROP TABLE chat_items;
DROP INDEX chat_threads_updated_at;
DROP INDEX chat_threads_listed;
ALTER TABLE chat_threads DROP COLUMN answer_until;
ALTER TABLE chat_threads DROP COLUMN answer_id;
ALTER TABLE chat_threads DROP COLUMN last_number;
ALTER TABLE chat_threads DROP COLUMN image_domains;
ALTER TABLE chat_threads DROP COLUMN metadata;
ALTER TABLE chat_threads DROP COLUMN status;
