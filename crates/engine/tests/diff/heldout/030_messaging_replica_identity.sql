-- old
CREATE TABLE chats (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text);
CREATE TABLE messages (
    chat_id uuid NOT NULL REFERENCES chats ON DELETE CASCADE,
    seq bigint NOT NULL,
    body text NOT NULL,
    sent_at timestamp NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX messages_key ON messages (chat_id, seq);
ALTER TABLE messages REPLICA IDENTITY FULL;
CREATE PUBLICATION realtime FOR TABLE messages;
-- new
CREATE TABLE chats (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text);
CREATE TABLE messages (
    chat_id uuid NOT NULL REFERENCES chats ON DELETE CASCADE,
    seq bigint NOT NULL,
    body text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    edited_at timestamptz
);
CREATE UNIQUE INDEX messages_key ON messages (chat_id, seq);
ALTER TABLE messages REPLICA IDENTITY USING INDEX messages_key;
CREATE PUBLICATION realtime FOR TABLE chats, TABLE messages (chat_id, seq, body, edited_at) WITH (publish = 'insert, update');
ALTER TABLE messages CLUSTER ON messages_key;
