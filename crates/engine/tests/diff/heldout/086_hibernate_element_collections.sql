-- old
create table customer (id uuid not null, name varchar(255), primary key (id));
create table customer_phones (
    customer_id uuid not null,
    phones varchar(255),
    phones_order int4 not null,
    primary key (customer_id, phones_order)
);
create table product_order (
    id uuid not null,
    status int4,
    customer_id uuid,
    total numeric(38,2),
    created_at timestamp(6),
    primary key (id)
);
alter table if exists customer_phones add constraint FKd8x foreign key (customer_id) references customer;
alter table if exists product_order add constraint FKoc9 foreign key (customer_id) references customer;
-- new
create table customer (id uuid not null, name varchar(255), primary key (id));
create table customer_phones (
    customer_id uuid not null,
    phones varchar(255),
    phones_key varchar(20) not null,
    primary key (customer_id, phones_key)
);
create table product_order (
    id uuid not null,
    status varchar(255) check (status in ('NEW', 'PAID', 'SENT')),
    customer_id uuid,
    total numeric(38,2),
    created_at timestamp(6),
    primary key (id)
);
alter table if exists customer_phones add constraint FKd8x foreign key (customer_id) references customer;
alter table if exists product_order add constraint FKoc9 foreign key (customer_id) references customer;
create table customer_aud (id uuid not null, rev integer not null, revtype smallint, name varchar(255), primary key (rev, id));
create table revinfo (rev integer not null, revtstmp bigint, primary key (rev));
create sequence revinfo_seq start with 1 increment by 50;
alter table if exists customer_aud add constraint FKaud foreign key (rev) references revinfo;
