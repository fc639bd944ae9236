DROP TABLE hosted_sessions;
