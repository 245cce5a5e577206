-- Asked by introspection about the server and the asking role; locks nothing.
SELECT pg_catalog.current_setting('server_version_num')::integer AS version,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS is_superuser,
       current_user::text AS role,
       pg_catalog.current_setting('block_size')::integer AS block_size
