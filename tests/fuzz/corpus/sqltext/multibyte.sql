SELECT 'привет;', "имя" AS élan; /* ü */ SELECT '日本';
SELECT fröm;