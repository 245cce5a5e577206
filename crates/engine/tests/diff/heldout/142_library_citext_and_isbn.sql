-- old
CREATE EXTENSION isn;
CREATE TABLE books (
    isbn isbn13 PRIMARY KEY,
    title text NOT NULL,
    year smallint
);
CREATE TABLE loans (
    isbn isbn13 NOT NULL REFERENCES books,
    reader int NOT NULL,
    until date,
    PRIMARY KEY (isbn, reader)
);
CREATE INDEX books_title ON books (title);
CREATE VIEW lent AS SELECT b.title, l.reader FROM books b JOIN loans l ON l.isbn = b.isbn;
COMMENT ON COLUMN lent.title IS 'As printed';
-- new
CREATE EXTENSION citext;
CREATE TABLE books (
    isbn varchar(17) PRIMARY KEY CHECK (isbn ~ '^97[89]-'),
    title citext NOT NULL,
    year smallint
);
CREATE TABLE loans (
    isbn varchar(17) NOT NULL REFERENCES books,
    reader int NOT NULL,
    until date,
    PRIMARY KEY (isbn, reader)
);
CREATE INDEX books_title ON books (title);
CREATE VIEW lent AS SELECT b.title, l.reader FROM books b JOIN loans l ON l.isbn = b.isbn;
COMMENT ON COLUMN lent.title IS 'As printed';
