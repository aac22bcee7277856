CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
  RETURN $$;$$ || $x$ $body $x$;
END;
$body$;
SELECT $1, a$b$c, $$$$;
