SELECT 'a;''b', E'\'; \\', U&'d\0061;' UESCAPE '!', B'01;', X'1F', N'n;', "q"";", U&"x;";
SELECT E'a' -- c
  '\';b';
