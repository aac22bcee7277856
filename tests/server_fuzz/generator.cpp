#include "generator.h"

namespace sqlmig::server_fuzz {
namespace {

std::string Doubled(std::string_view text, std::string_view marks) {
  std::string doubled;
  for (const char c : text) {
    if (marks.find(c) != std::string_view::npos) doubled += c;
    doubled += c;
  }
  return doubled;
}

}  // namespace

std::string Generator::Blanks() {
  static constexpr std::string_view kBlanks[] = {" ",
                                                 " ",
                                                 " ",
                                                 "\n",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 " \f",
                                                 "\r",
                                                 "/**/",
                                                 "/* ; ' \" $$ */",
                                                 "/*/*;*/*/",
                                                 "/*/**/;*/",
                                                 "/*--*/",
                                                 "-- ;'\n",
                                                 "--\r",
                                                 "--\n",
                                                 "-- \\\n",
                                                 "--/*\n",
                                                 "-- $$ \"\r\n",
                                                 "/* \\d\n;*/",
                                                 "/*\xC3\xA9;*/",
                                                 "/***;***/",
                                                 "\n\\.--\n"};
  std::string blanks = Pick(kBlanks);
  if (blanks.find('\\') == 1 && !Percent(2)) blanks = "\n";  // a command of psql's own: seldom
  return Percent(20) ? blanks + Blanks() : blanks;
}

std::string Generator::Content() {
  static constexpr std::string_view kPieces[] = {";",
                                                 ";",
                                                 ";;\n",
                                                 "--",
                                                 "/*",
                                                 "*/",
                                                 "$$",
                                                 "$a$",
                                                 "\"",
                                                 "'",
                                                 "'",
                                                 "''",
                                                 "\\",
                                                 "\\",
                                                 "\\\\",
                                                 "\n",
                                                 "\r\n",
                                                 "\r",
                                                 "BEGIN ATOMIC",
                                                 "END",
                                                 "END;",
                                                 "CASE",
                                                 "\xC3\xA9",
                                                 "\xE6\x97\xA5",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xE2\x80\xA8",
                                                 "x",
                                                 "\n\\.\n",
                                                 "COPY t FROM stdin;\n",
                                                 "(",
                                                 ")",
                                                 "E'",
                                                 "U&'",
                                                 "%",
                                                 ":x",
                                                 "\t",
                                                 " ",
                                                 "$",
                                                 "a"};
  std::string content;
  for (std::size_t pieces = Below(5); pieces > 0; --pieces) content += Pick(kPieces);
  return content;
}

std::string Generator::PlainString() {
  return (Percent(10) ? "N'" : "'") + Doubled(Content(), "'") + "'";
}

std::string Generator::EscapedContent() {
  static constexpr std::string_view kEscapes[] = {"\\n", "\\x41", "\\101", "\\u00e9", "\\U0001F600", "\\uD83D\\uDE00",
                                                  "\\'", "\\\\",  "\\;",   "\\\""};
  std::string content;
  while (Percent(40)) content += Pick(kEscapes);
  content += Doubled(Content(), Percent(95) ? "'\\" : "'");  // seldom a backslash that escapes what follows
  while (Percent(30)) content += Pick(kEscapes);
  return content;
}

std::string Generator::EscapeString() {
  return (Percent(50) ? "E'" : "e'") + EscapedContent() + "'";
}

std::string Generator::UnicodeString() {
  static constexpr std::string_view kEscape[] = {"!", "+", "/", "\xC3\xA9", "'"};
  const bool other = Percent(30);
  std::string text = (Percent(50) ? "U&'" : "u&'") + Doubled(Content(), other ? "'" : "'\\");
  if (!other) return text + (Percent(50) ? "\\0041\\+01F600'" : "'");
  const std::string escape = Percent(90) ? "!" : Pick(kEscape);
  return text + (Percent(50) ? "!0041'" : "'") + Blanks() + "UESCAPE" + Blanks() + "'" + escape + "'";
}

std::string Generator::BitString() {
  static constexpr std::string_view kStrings[] = {"B'0101'", "b''", "X'1F'", "x'ab'", "B'0'\n'1'", "X'1'--;\n'F'"};
  return "(" + Pick(kStrings) + ")::text";
}

std::string Generator::DollarString() {
  static constexpr std::string_view kTags[] = {"$$", "$$", "$a$", "$_x1$", "$\xC3\xA9$", "$E$"};
  const std::string tag = Pick(kTags);
  std::string content = Content();
  if ((content + tag).find(tag) != content.size()) content = ";";
  return tag + content + tag;
}

std::string Generator::Continued(std::string first) {
  static constexpr std::string_view kBetween[] = {"\n",        " \n ", "\r",     "\r\n\t", " --c;'\n",
                                                  "\n--x\n  ", "\f\n", "--\\\n", "\n",     "\n"};
  const bool escapes = first[0] == 'E' || first[0] == 'e';
  while (Percent(50)) {
    const std::string between = Percent(97) ? Pick(kBetween) : Blanks();
    first += between + "'" + (escapes ? EscapedContent() : Doubled(Content(), first[0] == 'U' ? "'\\" : "'")) + "'";
  }
  return first;
}

std::string Generator::String() {
  switch (Below(9)) {
    case 0:
    case 1:
      return PlainString();
    case 2:
    case 3:
      return EscapeString();
    case 4:
      return Percent(30) ? Continued("U&'" + Doubled(Content(), "'\\") + "'") : UnicodeString();
    case 5:
      return BitString();
    case 6:
      return DollarString();
    case 7:
      return Continued(PlainString());
    default:
      return Continued(EscapeString());
  }
}

std::string Generator::Identifier() {
  static constexpr std::string_view kNames[] = {
      "x",       "x$$",      "x$a$b",  "\xC3\xA9$",     "begin",    "atomic", "\"end\"", "copy",         "stdin",
      "\"a;b\"", "\"\"\"\"", "\"$$\"", "U&\"\\0041;\"", "\"it's\"", "\"--\"", "\"/*\"",  "_\xE6\x97\xA5"};
  if (Percent(70)) return Pick(kNames);
  return "\"" + Doubled("i" + Content(), "\"") + "\"";
}

std::string Generator::Number() {
  static constexpr std::string_view kNumbers[] = {"1",      "2",   "3.5", ".5", "7.",  "1e3",
                                                  "1.5e-3", "- 4", "+5",  "1",  "@ -5"};
  static constexpr std::string_view kOperators[] = {"+",      "-",      "*",    "/",  "%",  "^",      "+-",
                                                    "*-",     "<>",     "!=",   ">=", "@-", "/*;*/+", "-- ;\n-",
                                                    "-/*;*/", "*/*;*/", " - -", "<",  "=",  "||"};
  std::string text = Pick(kNumbers);
  while (Percent(40)) text += Maybe() + Pick(kOperators) + Maybe() + Pick(kNumbers);
  return "(" + text + ")::text";
}

std::string Generator::Expression(std::size_t depth) {
  const std::size_t kinds = depth == 0 ? 3 : 9;
  switch (Below(kinds)) {
    case 0:
    case 1:
      return String();
    case 2:
      return Number();
    case 3:
      return Expression(depth - 1) + Maybe() + "||" + Maybe() + Expression(depth - 1);
    case 4:
      return "(" + Maybe() + Expression(depth - 1) + Maybe() + ")";
    case 5:
      return "CASE" + Blanks() + "WHEN true" + Blanks() + "THEN" + Blanks() + Expression(depth - 1) + Blanks() +
             (Percent(50) ? "ELSE " + Expression(depth - 1) + " " : "") + "END";
    case 6:
      return "upper(" + Expression(depth - 1) + Maybe() + ")";
    case 7:
      return "(ARRAY[" + Expression(depth - 1) + "," + Maybe() + "'x'])[1]";
    default:
      return "(SELECT" + Blanks() + Expression(depth - 1) + (Percent(30) ? " AS end" : "") + ")";
  }
}

std::string Generator::Select() {
  static constexpr std::string_view kLabels[] = {" AS end",   " AS case", " end",   " case",
                                                 " AS begin", " begin",   " atomic"};
  std::string text = "SELECT" + Blanks() + Expression(2);
  if (Percent(15)) return text + Pick(kLabels);
  if (Percent(30)) text += Blanks() + "AS" + Blanks() + Identifier();
  if (Percent(20)) text += "," + Maybe() + Expression(1);
  return Percent(20) ? text + Blanks() + "FROM" + Blanks() + "t" : text;
}

std::string Generator::Insert() {
  return "INSERT INTO" + Blanks() + "t" + Maybe() + "(a, b)" + Maybe() + "VALUES" + Maybe() + "(" + Expression(1) +
         Maybe() + "," + Maybe() + Expression(1) + ")";
}

std::string Generator::Do() {
  std::string body = "BEGIN PERFORM " + String() + "; NULL;; END";
  if (Percent(50)) return "DO" + Blanks() + "'" + Doubled(body, "'") + "'";
  const std::string tag = body.find("$$") == std::string::npos ? "$$" : "$unique$";
  if ((body + tag).find(tag) != body.size()) body = "BEGIN END";
  return "DO" + Maybe() + tag + body + tag;
}

std::string Generator::AtomicBody() {
  std::string body = "BEGIN" + Blanks() + "ATOMIC" + Blanks();
  for (std::size_t statements = Below(4); statements > 0; --statements) {
    const std::size_t kind = Below(12);
    body += kind < 7 ? Select() : kind < 10 ? Insert() : kind < 11 ? "" : Routine();
    body += Maybe() + ";" + Maybe();
  }
  return body + "RETURN" + Blanks() + Expression(1) + Maybe() + ";" + Maybe() + "END";
}

std::string Generator::Routine() {
  static constexpr std::string_view kCreate[] = {"CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", "create/**/function",
                                                 "CREATE\nOR\nREPLACE\nFUNCTION"};
  static constexpr std::string_view kNames[] = {"f", "public.f", "begin", "atomic", "\"end\"", "copy"};
  static constexpr std::string_view kArguments[] = {"()", "(begin text)", "(a text DEFAULT ';')", "(a int, atomic int)",
                                                    "( )"};
  std::string text = Pick(kCreate) + Blanks() + Pick(kNames) + Pick(kArguments) + Maybe() + "RETURNS text" + Blanks();
  if (Percent(20)) text += "SET search_path = " + String() + Blanks();
  switch (Below(5)) {
    case 0:
      return text + "LANGUAGE sql" + Blanks() + "AS" + Blanks() + "$f$SELECT 'a;';$f$";
    case 1:
      return text + "RETURN" + Blanks() + Expression(1);
    default:
      return text + AtomicBody();
  }
}

std::string Generator::Rule() {
  std::string text =
      "CREATE RULE r AS ON INSERT TO u DO" + Blanks() + (Percent(50) ? "ALSO" : "INSTEAD") + Blanks() + "(";
  text += Maybe() + Select();
  while (Percent(50)) text += Maybe() + ";" + Maybe() + (Percent(20) ? "" : Insert());
  return text + Maybe() + ")";
}

std::string Generator::Copy() {
  static constexpr std::string_view kCopies[] = {"COPY t FROM stdin", "copy t (a, b) from STDIN", "COPY t FROM stdout",
                                                 "COPY/*;*/t FROM--;\nstdin WITH (DELIMITER E'\\t')",
                                                 "COPY public.t(a,b) FROM stdin (NULL ';')"};
  static constexpr std::string_view kRows[] = {
      "a\tb", ";\t'", "$$\t\"", "--\t/*", "\\N\t\\\\.", "\xC3\xA9\tSELECT 1;", " \\.\tx", "\\\\\t;"};
  std::string text = Pick(kCopies) + Maybe();
  text += Percent(90) ? ";\n" : "; -- ;\n";
  for (std::size_t rows = Below(4); rows > 0; --rows) text += Pick(kRows) + "\n";
  return text + "\\.\n";
}

std::string Generator::Statement() {
  static constexpr std::string_view kOthers[] = {"CREATE TABLE begin (atomic int, \"end;\" text)",
                                                 "CREATE SCHEMA s CREATE TABLE a (x int) CREATE VIEW v AS SELECT ';'",
                                                 "VALUES ('a;'), (E'\\';')",
                                                 "TABLE t",
                                                 "SET LOCAL application_name = 'a;b'",
                                                 "SHOW search_path",
                                                 "WITH x AS (SELECT ';') TABLE x",
                                                 "CREATE VIEW w AS SELECT ';' AS \"a;\"",
                                                 "SELECT a->>';' FROM (SELECT '{}'::json AS a) AS x",
                                                 "LOCK t",
                                                 "ANALYZE t",
                                                 "DROP TABLE IF EXISTS nothing",
                                                 "CREATE FUNCTION p() RETURNS int BEGIN ATOMIC END",
                                                 "SELECT $1",
                                                 "SELECT 1;SELECT 2"};
  switch (Below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return Select();
    case 5:
    case 6:
      return Insert();
    case 7:
      return Do();
    case 8:
    case 9:
      return Routine();
    case 10:
      return Rule();
    case 11:
      return "COMMENT ON TABLE t IS" + Blanks() + String();
    default:
      return Pick(kOthers);
  }
}

// Cuts something out, doubles it, or puts something in.
void Generator::Damage(std::string& text) {
  static constexpr std::string_view kJunk[] = {"'",
                                               "\"",
                                               ";",
                                               "$$",
                                               "/*",
                                               "*/",
                                               "--",
                                               "\\",
                                               "\\d\n",
                                               "BEGIN ATOMIC",
                                               "END",
                                               "CASE",
                                               "(",
                                               ")",
                                               "E'",
                                               "U&'",
                                               "\v",
                                               "\xC2\xA0",
                                               "\xEF\xBB\xBF",
                                               ":=",
                                               "..",
                                               "1.5e",
                                               "0x1F",
                                               "1_000",
                                               "$1a",
                                               "1a",
                                               "COPY t FROM stdin;\n",
                                               "\n",
                                               "\r",
                                               "$",
                                               "$a",
                                               "B'",
                                               "\x80",
                                               "UESCAPE",
                                               " begin atomic ",
                                               "CREATE FUNCTION f() ",
                                               "::",
                                               "[",
                                               "]",
                                               "'\n'",
                                               "\x7F",
                                               "\x01"};
  const std::size_t at = Below(text.size() + 1);
  const std::size_t length = Below(4) == 0 ? Below(40) : Below(3);
  switch (Below(4)) {
    case 0:
      text.erase(at, length);
      return;
    case 1:
      text.insert(at, text.substr(at, length));
      return;
    default:
      text.insert(at, Pick(kJunk));
  }
}

std::string Generator::Script() {
  static constexpr std::string_view kEnds[] = {";", ";", ";", ";;", " ; ; "};
  std::string text = Maybe();
  for (std::size_t statements = 1 + Below(5); statements > 0; --statements) {
    if (Percent(8)) {
      text += Copy() + Maybe();
      continue;
    }
    text += Statement() + Maybe();
    if (statements > 1 || Percent(70)) text += Pick(kEnds) + Maybe();
  }
  while (Percent(20)) Damage(text);
  return text;
}

}  // namespace sqlmig::server_fuzz
