SELECT 1; -- it does no harm
