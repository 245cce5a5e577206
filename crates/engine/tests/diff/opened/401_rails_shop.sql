-- old
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TABLE users (
  id bigserial PRIMARY KEY,
  email character varying NOT NULL,
  encrypted_password character varying DEFAULT '' NOT NULL,
  admin boolean DEFAULT false,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE UNIQUE INDEX index_users_on_email ON users USING btree (email);
CREATE TABLE products (
  id bigserial PRIMARY KEY,
  name character varying,
  price_cents integer DEFAULT 0 NOT NULL,
  tags character varying[] DEFAULT '{}',
  created_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_products_on_tags ON products USING gin (tags);
CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  state character varying DEFAULT 'cart' NOT NULL,
  total_cents integer,
  CONSTRAINT fk_rails_f868b47f6a FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX index_orders_on_user_id ON orders (user_id);
CREATE TABLE line_items (
  id bigserial PRIMARY KEY,
  order_id bigint,
  product_id integer,
  quantity integer DEFAULT 1
);
CREATE VIEW open_orders AS SELECT o.id, u.email, o.total_cents FROM orders o JOIN users u ON u.id = o.user_id WHERE o.state <> 'done';
-- new
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE users (
  id bigserial PRIMARY KEY,
  email character varying NOT NULL,
  encrypted_password character varying DEFAULT '' NOT NULL,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE UNIQUE INDEX index_users_on_email ON users USING btree (email);
CREATE TABLE products (
  id bigserial PRIMARY KEY,
  name character varying NOT NULL,
  price_cents bigint DEFAULT 0 NOT NULL,
  tags character varying[] DEFAULT '{}',
  created_at timestamp(6) without time zone NOT NULL,
  discarded_at timestamp(6) without time zone
);
CREATE INDEX index_products_on_tags ON products USING gin (tags);
CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  state character varying DEFAULT 'cart' NOT NULL,
  total_cents integer,
  CONSTRAINT fk_rails_f868b47f6a FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX index_orders_on_user_id ON orders (user_id);
CREATE TABLE line_items (
  id bigserial PRIMARY KEY,
  order_id bigint,
  product_id bigint NOT NULL,
  quantity integer DEFAULT 1,
  CONSTRAINT fk_rails_2dc2e5c22c FOREIGN KEY (order_id) REFERENCES orders(id)
);
CREATE VIEW open_orders AS SELECT o.id, u.email, o.total_cents FROM orders o JOIN users u ON u.id = o.user_id WHERE o.state <> 'done';
