-- The database and its two roles; once, as PostgreSQL's superuser, on the leader:
--   psql -v ON_ERROR_STOP=1 -v passwords=/etc/labflow-ha -f roles.sql
-- The passwords are the first lines of the files labflow_owner.password and labflow_web.password in that folder.
\set owner_password `head -n 1 :passwords/labflow_owner.password`
\set web_password `head -n 1 :passwords/labflow_web.password`

-- owns the tables: only `labflow migrate` signs in as it
CREATE ROLE labflow_owner LOGIN PASSWORD :'owner_password';
-- what `labflow serve` and `labflow worker` sign in as
CREATE ROLE labflow_web LOGIN PASSWORD :'web_password' CONNECTION LIMIT 150;

-- whether a standby keeps what is written: labflow asks before it writes
GRANT pg_read_all_stats TO labflow_web, labflow_owner;

CREATE DATABASE labflow OWNER labflow_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE labflow FROM PUBLIC;
GRANT CONNECT ON DATABASE labflow TO labflow_web;

\connect labflow
ALTER SCHEMA public OWNER TO labflow_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO labflow_web;
