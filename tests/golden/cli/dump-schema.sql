-- sqlmig schema 1: shop/default
-- Written by 'sqlmig dump' and read by 'sqlmig load'; 'sqlmig check' tells when it is out of date.

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

-- sqlmig applied 1
--
-- migration create_users
-- description People who own bots
-- up 6dbb3faf5970b2ea727627cecb06ca6c5ace6ebe0a26461f7ce30db5e18835bc 999fdeba3ccf432dbd45f47b28c3614b65b73122a8c7ed5e3664e61ca7a80ca8 1
-- down script de1015707e41d6682186c3440c58b222518e75eae7becfba74346468eefdfc5d 96c54420fcdafc8cb2de0dc989445d41b0546804e860b9879dca55ceecd8d7ae 1
-- |DROP TABLE users;
--
-- migration create_bots
-- description Bots and their databases
-- depends_on create_users
-- up 9004b9111f06f4af178ce3713712cc9fb62a245664132714bafa3a6c81333bfe 424cfb7ad56102ac30071cb1a9e38478aa7bfa57fec421f1d696222c0ff0c416 1
-- down script 550871f4c000cbd8165ec71ff9198b0227814598df64cd04de52176a28aa1e5d 056314d3ccbbe71f704897a7d57c1070536c1d71313369dce85c0a5409b7f2b5 1
-- |DROP TABLE bots;
--
-- migration add_email
-- description Where to write to
-- depends_on create_users
-- up 315473a27c3413dbff149b4a3c0b90484b02dceb4ce8ba601f55ebeb0a39f6c4 67e90a7c8d63cb2ba5e3716aae12d87c7cbfdccaa222003ee741ed4e8eb77e8c 1
-- down script 3894a2e157f40fa13c2ee60b9cb09e02ba73cadb64e3ff3d6a0b73983d325903 f855ada7e0b5f87b1af655b3031e5bd1e14be3776f54c854debe4705730a4080 1
-- |ALTER TABLE users DROP COLUMN email;
--
-- migration join_branches
-- depends_on create_bots add_email
-- down none
