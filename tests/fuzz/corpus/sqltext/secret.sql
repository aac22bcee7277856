DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''b'''; END $$;
CREATE USER MAPPING FOR x SERVER y OPTIONS (user 'u', password 'p');
CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p;
SELECT dblink_connect('postgres://u:p@h/d');