-- old
CREATE SEQUENCE hibernate_sequence START 1 INCREMENT 1;
create table owner (
    id int8 not null,
    fullName varchar(255),
    primary key (id)
);
create table vehicle (
    id int8 not null,
    dtype varchar(31) not null,
    plate varchar(255),
    owner_id int8,
    primary key (id)
);
create table car (
    doors int4,
    id int8 not null,
    primary key (id)
);
create table truck (
    payload float8,
    id int8 not null,
    primary key (id)
);
alter table vehicle add constraint FKp4a0y1r7mhy8oqlc9tqbk2m2x foreign key (owner_id) references owner;
alter table car add constraint FK9ynb8m3k1 foreign key (id) references vehicle;
alter table truck add constraint FK7s2xkd0q foreign key (id) references vehicle;
alter table vehicle add constraint UK_plate unique (plate);
-- new
CREATE SEQUENCE vehicle_seq START 1 INCREMENT 50;
CREATE SEQUENCE owner_seq START 1 INCREMENT 50;
create table owner (
    id int8 not null,
    full_name varchar(255) not null,
    primary key (id)
);
create table vehicle (
    id int8 not null,
    dtype varchar(31) not null,
    plate varchar(255),
    owner_id int8,
    version int4 not null default 0,
    primary key (id)
);
create table car (
    doors int4,
    id int8 not null,
    primary key (id)
);
create table truck (
    payload numeric(19,2),
    id int8 not null,
    primary key (id)
);
alter table vehicle add constraint FKp4a0y1r7mhy8oqlc9tqbk2m2x foreign key (owner_id) references owner;
alter table car add constraint FK9ynb8m3k1 foreign key (id) references vehicle;
alter table truck add constraint FK7s2xkd0q foreign key (id) references vehicle on delete cascade;
alter table vehicle add constraint UK_plate_owner unique (plate, owner_id);
alter table vehicle add check (dtype in ('Car', 'Truck'));
