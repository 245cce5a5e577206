-- old
create table wallet (
    id uuid not null,
    owner_id uuid not null,
    balance numeric(19, 2) not null,
    version integer not null default 0,
    created_at timestamp without time zone not null,
    constraint pk_wallet primary key (id)
);
create table wallet_transaction (
    id uuid not null,
    wallet_id uuid not null,
    type varchar(255) not null,
    amount numeric(19, 2) not null,
    reference varchar(255),
    created_at timestamp without time zone not null,
    constraint pk_wallet_transaction primary key (id),
    constraint fk_tx_wallet foreign key (wallet_id) references wallet (id),
    constraint ck_tx_type check (type in ('CREDIT', 'DEBIT'))
);
create sequence hibernate_sequence start 1 increment 50;
create table outbox_event (id bigint not null default nextval('hibernate_sequence'), payload oid, created_at timestamp);
create index idx_tx_wallet on wallet_transaction (wallet_id);
create view wallet_summary as select w.id, w.balance, count(t.id) as tx_count from wallet w left join wallet_transaction t on t.wallet_id = w.id group by w.id;
-- new
create table wallet (
    id uuid not null,
    owner_id uuid not null,
    balance numeric(19, 2) not null,
    version integer not null default 0,
    created_at timestamp without time zone not null,
    constraint pk_wallet primary key (id)
);
create table wallet_transaction (
  id uuid not null,
  wallet_id uuid not null,
  type varchar(32) not null,
  amount numeric(19, 4) not null,
  reference varchar(255),
  reversal_of uuid,
  created_at timestamp without time zone not null,
  constraint pk_wallet_transaction primary key (id),
  constraint fk_tx_wallet foreign key (wallet_id) references wallet (id),
  constraint ck_tx_type check (type in ('CREDIT', 'DEBIT'))
);
create table outbox_event (
  id bigint generated always as identity,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
create index idx_tx_wallet on wallet_transaction (wallet_id);
create view wallet_summary as select w.id, w.balance, count(t.id) as tx_count from wallet w left join wallet_transaction t on t.wallet_id = w.id group by w.id;
create function block_update() returns trigger language plpgsql as $$
begin
    raise exception 'transactions are immutable' using errcode = 'restrict_violation';
end;
$$;
