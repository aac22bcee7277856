SELECT 1; -- forgotten
