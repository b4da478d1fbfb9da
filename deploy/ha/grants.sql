-- What the web server and the worker may do; after every `labflow migrate`, as labflow_owner:
--   psql -v ON_ERROR_STOP=1 -f grants.sql "$OWNER_DATABASE"
-- A table that a newer version brings is closed to them until this has run.
BEGIN;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM labflow_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO labflow_web;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO labflow_web;

-- Evidence is written once. Triggers refuse changes to everybody; this role is not even asked.
REVOKE UPDATE, DELETE ON entries, leaves, logs, checkpoints FROM labflow_web;
-- Which version the schema has is the owner's to say.
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM labflow_web;
COMMIT;
