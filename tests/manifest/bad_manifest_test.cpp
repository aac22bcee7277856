// Every mistake with its place, what is wrong and the way out: error text is part of the product.
#include <gtest/gtest.h>

#include "manifest/loading.h"

namespace sqlmig {
namespace {

using testing::Explain;
using testing::Load;

struct BadManifest {
  const char* name;
  std::string text;
  const char* problems;  // "line:column: message | hint"
};

void ExpectProblems(const std::vector<BadManifest>& manifests) {
  for (const BadManifest& manifest : manifests)
    EXPECT_EQ(Explain(Load(manifest.text).problems), manifest.problems) << manifest.name;
}

TEST(BadManifestTest, Syntax) {
  ExpectProblems({
      {"an unclosed list",
       "migrations:\n"
       "  - {id: a, depends_on: [b}\n",
       "2:27: this bracket closes another kind of bracket | close '[' with ']' and '{' with '}', the inner one "
       "first\n"},
      {"an unclosed mapping",
       "migrations:\n"
       "  - {id: a, depends_on: []\n"
       "  - {id: b, depends_on: []}\n",
       "3:3: unexpected '-' | close the brackets of the entry above, or put '- ' on a line of its own below the key\n"},
      {"text behind a list",
       "tags: {}\n"
       "migrations: [] x\n",
       "2:16: expected a key here | indent the keys of one mapping alike, each as 'key: value'\n"},
      {"a colon in a plain value", "project: a: b\n",
       "1:11: unexpected ':' | indent the keys of one mapping alike, and put a value that holds ': ' in double "
       "quotes\n"},
      {"keys that are not aligned",
       "version: 1\n"
       " project: x\n",
       "1:10: 'version' must be 1, not '1 project' | write 'version: 1', or use the sqlmig that this manifest was "
       "written for\n"
       "2:9: unexpected ':' | indent the keys of one mapping alike, and put a value that holds ': ' in double "
       "quotes\n"},
      {"a tab",
       "databases:\n"
       "\ta: {}\n",
       "2:2: 'databases' must be a mapping, not text | write 'name: value' below 'databases', or leave the key out\n"
       "2:3: a tab cannot indent | indent with spaces\n"},
      {"an operator without quotes",
       "migrations:\n"
       "  - id: a\n"
       "    depends_on: []\n"
       "    requires_server: >=16\n",
       "4:23: unexpected text after '>' or '|' | put a value that starts with '>' or '|' in double quotes, as in "
       "\">=16\"\n"},
      {"a value that starts with @", "project: @x\n",
       "1:10: a value cannot start with this character | put the value in double quotes\n"},
      {"an unknown escape", "project: \"\\q\"\n",
       "1:13: unknown escape in double quotes | write '\\\\' for a backslash, or use single quotes\n"},
      {"a directive below the first key",
       "version: 1\n"
       "%project: x\n",
       "2:1: a line cannot start with '%' | remove it, or put the value in double quotes\n"},
      {"a quote without its end",
       "project: \"x\n"
       "migrations: []\n",
       "1:10: the quote \" is never closed | end the value with \"\n"},
      {"a list where keys are",
       "version: 1\n"
       "- a\n",
       "2:1: expected a key here | indent the keys of one mapping alike, each as 'key: value'\n"},
      {"all before the syntax error",
       "verion: 1\n"
       "migrations:\n"
       "  - {id: head, depends_on: []}\n"
       "  - {id: b\n",
       "1:1: unknown key 'verion' | did you mean 'version'?\n"
       "3:10: 'id' is wrong: 'head' is a word of targets and cannot be an id | write an id such as "
       "20261122101500_create_users\n"
       "5:1: expected ',' or '}' here | close '{' with '}', and put a value that holds one of ,[]{} in double "
       "quotes\n"},
  });
}

TEST(BadManifestTest, ConflictMarkersOfGit) {
  constexpr const char* kWrong =
      "this is git's mark of a conflict | resolve the merge: keep the lines that belong here and remove git's marks\n";
  const std::string at_three = std::string("3:1: ") + kWrong;
  const std::string at_one = std::string("1:1: ") + kWrong;
  const std::string head = "version: 1\nmigrations:\n";
  const std::string entry = "  - {id: a, depends_on: []}\n";
  ExpectProblems({
      {"the first side", head + "<<<<<<< HEAD\n" + entry + "=======\n>>>>>>> branch\n", at_three.c_str()},
      {"the second side", head + "=======\r\n" + entry + ">>>>>>> branch\n", at_three.c_str()},
      {"the base", head + "||||||| 1a2b3c\n" + entry, at_three.c_str()},
      {"the end, without a line's end", head + ">>>>>>>", at_three.c_str()},
      {"the first line", "<<<<<<< HEAD\n" + head, at_one.c_str()},
  });
  EXPECT_EQ(Explain(Load(head + "  # =======\n" + entry).problems), "");
  EXPECT_EQ(Explain(Load(head + entry + "# <<<<<<< HEAD\n").problems), "");
}

TEST(BadManifestTest, Subset) {
  ExpectProblems({
      {"nothing", "",
       "1:1: the manifest is empty | start with 'version: 1' and 'migrations: []', or run 'sqlmig init'\n"},
      {"only comments", "# nothing\n",
       "1:1: the manifest is empty | start with 'version: 1' and 'migrations: []', or run 'sqlmig init'\n"},
      {"a scalar", "hello\n",
       "1:1: a manifest must be a mapping of keys to values | start with 'version: 1' and 'migrations: []', or run "
       "'sqlmig init'\n"},
      {"a list", "- a\n",
       "1:1: a manifest must be a mapping of keys to values | start with 'version: 1' and 'migrations: []', or run "
       "'sqlmig init'\n"},
      {"several documents",
       "version: 1\n"
       "---\n"
       "version: 1\n",
       "2:1: several documents in one file | remove '---' and merge what follows into one document\n"},
      {"text after the document",
       "version: 1\n"
       "...\n"
       "x: 1\n",
       "3:1: text after the end of the manifest | make the file one mapping of keys to values, each key in the first "
       "column\n"},
      {"an anchor", "project: &name x\n",
       "1:10: anchors are not supported: '&name' | remove it, and write the value out wherever it is needed\n"},
      {"an alias",
       "project: &n x\n"
       "log: *n\n",
       "1:10: anchors are not supported: '&n' | remove it, and write the value out wherever it is needed\n"
       "2:6: aliases are not supported: '*n' | write the value out\n"},
      {"an unknown alias", "project: *n\n",
       "1:10: aliases ('*') are not supported | write the value out, or put it in double quotes\n"},
      {"a tag", "project: !!str x\n", "1:10: tags are not supported: '!!str' | remove it: every value is text\n"},
      {"a tag of a list", "migrations: !x []\n",
       "1:13: tags are not supported: '!x' | remove it: every value is text\n"},
      {"a merge key", "<<: {version: 1}\n", "1:1: merge keys ('<<') are not supported | write the keys out\n"},
      {"a key that is a list", "[a]: 1\n", "1:1: a key must be text, not a list | write 'key: value'\n"},
      {"a key that is nothing", "~: 1\n", "1:1: a key must be text, not nothing | write 'key: value'\n"},
      {"a control character", "project: \001\n", "1:10: control character 0x01 | remove it\n"},
      {"an escaped control character", "project: \"\\0\"\n",
       "1:10: 'project' holds a control character | remove the escape that makes it\n"},
      {"a carriage return", "version: 1\rproject: x\n",
       "1:11: a carriage return that ends no line | end lines with a line feed\n"},
      {"bytes that are not UTF-8", "project: \351\n", "1:10: byte 0xe9 is not UTF-8 | save the file as UTF-8 text\n"},
      {"deep nesting", "tags: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n",
       "1:7: 'tags' must be a mapping, not a list | write 'name: value' below 'tags', or leave the key out\n"
       "1:22: nested more than 16 levels deep | remove brackets or indentation: no value of a manifest lies that "
       "deep\n"},
  });
}

TEST(BadManifestTest, Keys) {
  ExpectProblems({
      {"an unknown key", "verison: 1\n", "1:1: unknown key 'verison' | did you mean 'version'?\n"},
      {"an unknown key like nothing", "templates: x\n",
       "1:1: unknown key 'templates' | remove it, or use one of: url, directory, fleet, migrations, defaults, probes, "
       "drift, schema_file, version, project, databases, tags, ledger, log\n"},
      {"an unknown key of a migration",
       "migrations:\n"
       "  - {id: a, depends_on: [], descripton: x}\n",
       "2:29: unknown key 'descripton' | did you mean 'description'?\n"},
      {"what Alembic calls it",
       "migrations:\n"
       "  - {id: a, down_revision: b}\n",
       "2:5: migration 'a' has no 'depends_on' | add 'depends_on: []' if it builds on nothing, else the ids that it "
       "builds on\n"
       "2:13: unknown key 'down_revision' | did you mean 'depends_on'?\n"},
      {"a duplicate key",
       "version: 1\n"
       "project: x\n"
       "version: 1\n",
       "3:1: duplicate key 'version' | keep one of them; the first is at 1:1\n"},
      {"another version", "version: 2\n",
       "1:10: 'version' must be 1, not '2' | write 'version: 1', or use the sqlmig that this manifest was written "
       "for\n"},
      {"a bad project", "project: my shop\n",
       "1:10: 'project' is not a name: 'my shop' | use letters, digits, '_', '-' and '.', at most 100 of them\n"},
      {"an empty project", "project: \"\"\n",
       "1:10: 'project' is not a name: '' | use letters, digits, '_', '-' and '.', at most 100 of them\n"},
      {"no value",
       "project:\n"
       "migrations: []\n",
       "1:1: 'project' has no value | write a value, in quotes if it is the word null, or leave the key out\n"},
      {"a list for text", "project: [x]\n",
       "1:10: 'project' must be text, not a list | write one value, in quotes if it holds any of ,[]{}\n"},
      {"text for a mapping", "log: x\n",
       "1:6: 'log' must be a mapping, not text | write log: {key: value} with keys out of: file, level\n"},
      {"nothing for a mapping", "ledger:\n",
       "1:1: 'ledger' has no value | write ledger: {key: value} with keys out of: schema, readers\n"},
      {"a bad path", "directory: ../sql\n",
       "1:12: 'directory' leaves the manifest's folder: '../sql' | write a path below the folder of the manifest, "
       "relative to it\n"},
      {"another bad path", "schema_file: ../schema.sql\n",
       "1:14: 'schema_file' leaves the manifest's folder: '../schema.sql' | write a path below the folder of the "
       "manifest, relative to it\n"},
      {"an absolute path", "directory: /sql\n",
       "1:12: 'directory' must be a relative path: '/sql' | write a path below the folder of the manifest, relative to "
       "it\n"},
      {"a variable in a path", "directory: ${DIR}\n",
       "1:12: 'directory' cannot hold a variable: '${DIR}' | write the path itself; '${...}' is replaced in 'url' "
       "only\n"},
      {"a broken variable",
       "databases:\n"
       "  a:\n"
       "    url: postgresql://u:secret@h/${DB\n",
       "3:34: 'url' has a malformed '${' | write ${NAME} or ${NAME:-default}, or '$${' for the characters "
       "themselves\n"},
      {"a url that is a list", "url: [x]\n",
       "1:6: 'url' must be text, not a list | write one value, in quotes if it holds any of ,[]{}\n"},
  });
}

TEST(BadManifestTest, Databases) {
  ExpectProblems({
      {"top-level keys beside databases",
       "databases:\n"
       "  a: {}\n"
       "migrations: []\n"
       "url: x\n"
       "schema_file: x.sql\n",
       "3:1: 'migrations' beside 'databases' | move 'migrations' into the database that it belongs to\n"
       "4:1: 'url' beside 'databases' | move 'url' into the database that it belongs to\n"
       "5:1: 'schema_file' beside 'databases' | move 'schema_file' into the database that it belongs to\n"},
      {"no database", "databases: {}\n",
       "1:12: 'databases' names no database | add a database, or remove 'databases' and write 'migrations' at the "
       "top\n"},
      {"databases without a value", "databases:\n",
       "1:1: 'databases' has no value | write 'name: value' below 'databases', or leave the key out\n"},
      {"a list of databases", "databases: [a]\n",
       "1:12: 'databases' must be a mapping, not a list | write 'name: value' below 'databases', or leave the key "
       "out\n"},
      {"a database without a value",
       "databases:\n"
       "  a:\n",
       "2:3: 'a' has no value | write a: {key: value} with keys out of: url, directory, fleet, migrations, defaults, "
       "probes, drift, schema_file\n"},
      {"a bad name",
       "databases:\n"
       "  a.b: {}\n"
       "  -x: {}\n",
       "2:3: 'a.b' is not a name for a database | use letters, digits, '_' and '-', at most 63 of them, not starting "
       "with '-'\n"
       "3:3: '-x' is not a name for a database | use letters, digits, '_' and '-', at most 63 of them, not starting "
       "with '-'\n"},
      {"names equal but for case",
       "databases:\n"
       "  a-b: {}\n"
       "  A_B: {}\n",
       "3:3: the databases 'a-b' and 'A_B' share the variable SQLMIG_A_B_URL | rename one of them, so that they differ "
       "in more than case or '-' for '_'\n"},
      {"a name twice",
       "databases:\n"
       "  a: {}\n"
       "  a: {}\n",
       "3:3: duplicate key 'a' | keep one of them; the first is at 2:3\n"},
      {"a fleet of nothing", "fleet: {}\n",
       "1:8: a fleet without a list of its members | give 'registry' and 'query', or 'file', or 'command'\n"},
      {"a fleet of two kinds", "fleet: {file: x, command: y}\n",
       "1:18: 'command' beside another list of members | give 'registry' and 'query', or 'file', or 'command', only "
       "one of them\n"},
      {"a registry without query",
       "databases:\n"
       "  a: {}\n"
       "  b: {fleet: {registry: a}}\n",
       "3:15: 'registry' without 'query' | add 'query', which selects name and url of each member\n"},
      {"an unknown registry",
       "databases:\n"
       "  meta: {}\n"
       "  b: {fleet: {registry: mta, query: q}}\n",
       "3:7: 'registry' names the unknown database 'mta' | did you mean 'meta'?\n"},
      {"its own registry",
       "databases:\n"
       "  b: {fleet: {registry: b, query: q}}\n",
       "2:7: the fleet 'b' is its own registry | name the database whose rows list the members\n"},
      {"a bad ledger", "ledger: {schema: pg_sqlmig, readers: [a, a, \"\"]}\n",
       "1:18: 'schema' cannot be the name of a schema: 'pg_sqlmig' | use a name of at most 63 bytes that PostgreSQL "
       "does not keep for itself\n"
       "1:42: 'a' is listed twice in 'readers' | keep one of them; the first is at 1:39\n"
       "1:45: an entry of 'readers' is empty | write a value, or remove the entry\n"},
      {"bad probes", "probes: [\"\", [x]]\nmigrations: []\n",
       "1:10: an entry of 'probes' is empty | write a value, or remove the entry\n"
       "1:14: an entry of 'probes' must be text, not a list | write one value, in quotes if it holds any of "
       ",[]{}\n"},
      {"probes that are text", "probes: SELECT 1\n",
       "1:9: 'probes' must be a list, not text | write [SELECT count(*) FROM users]\n"},
      {"bad patterns", "drift: {ignore: [tabel x, \"\", \"*:\", table a, table a], ignored: []}\nmigrations: []\n",
       "1:18: the pattern 'tabel x' has an unknown kind 'tabel' | did you mean 'table'?\n"
       "1:27: an entry of 'ignore' is empty | write a value, or remove the entry\n"
       "1:31: the pattern '*:' has nothing behind its ':' | write [kind ]name[:what], such as 'table public.tmp_*' or "
       "'function *:owner'\n"
       "1:46: 'table a' is listed twice in 'ignore' | keep one of them; the first is at 1:37\n"
       "1:56: unknown key 'ignored' | did you mean 'ignore'?\n"},
      {"readers that are text", "ledger: {readers: app}\n", "1:19: 'readers' must be a list, not text | write [app]\n"},
      {"a bad log", "log: {file: \"${HOME}/log\", level: inf}\n",
       "1:13: 'file' cannot hold a variable: '${HOME}/log' | write the path itself, or use SQLMIG_LOG_FILE or "
       "--log-file\n"
       "1:35: 'level' must be one of trace, debug, info, warn, warning, error, off, not 'inf' | did you mean "
       "'info'?\n"},
  });
}

TEST(BadManifestTest, Migrations) {
  ExpectProblems({
      {"a list that is text", "migrations: x\n",
       "1:13: 'migrations' must be a list, not text | write [{id: 20261122101500_create_users, depends_on: []}]\n"},
      {"an entry that is text",
       "migrations:\n"
       "  - a\n",
       "2:5: an entry of 'migrations' must be a mapping | write - {id: 20261122101500_create_users, depends_on: []}\n"},
      {"an entry of nothing",
       "migrations:\n"
       "  -\n"
       "  - {id: a, depends_on: []}\n",
       "2:3: an entry of 'migrations' must be a mapping | write - {id: 20261122101500_create_users, depends_on: []}\n"},
      {"no id and no depends_on",
       "migrations:\n"
       "  - {}\n",
       "2:5: a migration without 'id' | add 'id: 20261122101500_create_users'\n"
       "2:5: a migration without 'depends_on' | add 'depends_on: []' if it builds on nothing, else the ids that it "
       "builds on\n"},
      {"no depends_on",
       "migrations:\n"
       "  - {id: a}\n",
       "2:5: migration 'a' has no 'depends_on' | add 'depends_on: []' if it builds on nothing, else the ids that it "
       "builds on\n"},
      {"bad ids",
       "migrations:\n"
       "  - {id: head, depends_on: []}\n"
       "  - {id: .a, depends_on: []}\n"
       "  - {id: a b, depends_on: []}\n"
       "  - {id: \"\", depends_on: []}\n",
       "2:10: 'id' is wrong: 'head' is a word of targets and cannot be an id | write an id such as "
       "20261122101500_create_users\n"
       "3:10: 'id' is wrong: an id cannot start with '.' | write an id such as 20261122101500_create_users\n"
       "4:10: 'id' is wrong: ' ' is not allowed in an id; use letters, digits, '_', '-' and '.' | write an "
       "id such as 20261122101500_create_users\n"
       "5:10: 'id' is wrong: an id cannot be empty | write an id such as 20261122101500_create_users\n"},
      {"an id twice",
       "migrations:\n"
       "  - {id: a, depends_on: []}\n"
       "  - {id: a, depends_on: []}\n",
       "3:10: the id 'a' is declared twice | rename or remove one of them; the first is at 2:10\n"},
      {"ids that differ in case",
       "migrations:\n"
       "  - {id: a, depends_on: []}\n"
       "  - {id: A, depends_on: []}\n",
       "3:10: the ids 'a' and 'A' differ in case only | rename one of them; the first is at 2:10\n"},
      {"dependencies that are text",
       "migrations:\n"
       "  - {id: b, depends_on: a}\n",
       "2:25: 'depends_on' must be a list, not text | write [a]\n"},
      {"dependencies that are nothing",
       "migrations:\n"
       "  - id: b\n"
       "    depends_on:\n",
       "3:5: 'depends_on' has no value | write [] for an empty list\n"},
      {"dependencies that are a mapping",
       "migrations:\n"
       "  - {id: b, depends_on: {a: b}}\n",
       "2:25: 'depends_on' must be a list, not a mapping | write [20261122101500_create_users]\n"},
      {"a dependency twice",
       "migrations:\n"
       "  - {id: b, depends_on: [a, x, a]}\n",
       "2:32: 'a' is listed twice in 'depends_on' | keep one of them; the first is at 2:26\n"},
      {"a dependency that is no id",
       "migrations:\n"
       "  - {id: b, depends_on: [a/b, [c]]}\n",
       "2:26: an entry of 'depends_on' is wrong: '/' is not allowed in an id; use letters, digits, '_', '-' "
       "and '.' | write an id such as 20261122101500_create_users\n"
       "2:31: an entry of 'depends_on' must be text, not a list | write one value, in quotes if it holds any of "
       ",[]{}\n"},
      {"paths",
       "migrations:\n"
       "  - {id: a, depends_on: [], up: /x.sql, down: sql/}\n",
       "2:33: 'up' must be a relative path: '/x.sql' | write a path below the folder of the manifest, relative to it\n"
       "2:47: 'down' names a folder: 'sql/' | write the path of the script, or none\n"},
      {"a way back and none",
       "migrations:\n"
       "  - {id: a, depends_on: [], irreversible: gone, down: none}\n",
       "2:49: 'down' beside 'irreversible' | remove 'irreversible' if there is a way back, else 'down'\n"},
      {"no reason",
       "migrations:\n"
       "  - {id: a, depends_on: [], irreversible: true}\n",
       "2:43: 'irreversible' must be a reason, not true or false | say why there is no way back, as in \"the old "
       "column is gone\"\n"},
      {"a transaction flag",
       "migrations:\n"
       "  - {id: a, depends_on: [], transaction: no}\n",
       "2:42: 'transaction' must be true or false, not 'no' | write true or false, in lower case\n"},
      {"transaction flags",
       "migrations:\n"
       "  - {id: a, depends_on: [], transaction: {up: FALSE, dwn: true}}\n",
       "2:47: 'up' must be true or false, not 'FALSE' | write true or false, in lower case\n"
       "2:54: unknown key 'dwn' | did you mean 'down'?\n"},
      {"a list of transaction flags",
       "migrations:\n"
       "  - {id: a, depends_on: [], transaction: [up]}\n",
       "2:42: 'transaction' must be true, false or a mapping, not a list | write false, or {up: false, down: true}\n"},
      {"a version",
       "migrations:\n"
       "  - {id: a, depends_on: [], requires_server: 16}\n",
       "2:46: 'requires_server' is not a comparison with a major version: '16' | write one of >=, >, =, <, <= and a "
       "number, in quotes: \">=16\"\n"},
      {"durations",
       "migrations:\n"
       "  - {id: a, depends_on: [], lock_timeout: 3 minutes, statement_timeout: -1}\n",
       "2:43: 'lock_timeout' is not a duration: '3 minutes' | write a whole number and a unit, such as 500ms, 3s, "
       "10min, 1h or 1d; only 0 needs none\n"
       "2:73: 'statement_timeout' cannot be negative: '-1' | write a duration such as 3s, or 0\n"},
      {"a duration without a unit",
       "migrations:\n"
       "  - {id: a, depends_on: [], lock_timeout: 60}\n",
       "2:43: 'lock_timeout' needs a unit: '60' | write 60ms, 60s, 60min, 60h or 60d\n"},
      {"a level that the log does not know", "log: {level: critical}\n",
       "1:14: 'level' must be one of trace, debug, info, warn, warning, error, off, not 'critical' | write trace "
       "or debug or info or warn or warning or error or off\n"},
      {"a duration that is too long",
       "migrations:\n"
       "  - {id: a, depends_on: [], lock_timeout: 25d}\n",
       "2:43: 'lock_timeout' is too long: '25d' | write at most 24d\n"},
      {"replaces itself",
       "migrations:\n"
       "  - {id: a, depends_on: [], replaces: [a, b, b]}\n",
       "2:29: 'a' replaces itself | list the ids that it stands for\n"
       "2:46: 'b' is listed twice in 'replaces' | keep one of them; the first is at 2:43\n"},
      {"settings",
       "migrations:\n"
       "  - {id: a, depends_on: [], settings: {work mem: 1, lock_timeout: 1s, synchronous_commit: off, a: 1, A: 2, b: "
       "[x], c: }}\n",
       "2:40: 'work mem' is not the name of a server setting | use letters, digits, '_', '$' and '.', as in work_mem "
       "or myapp.tenant\n"
       "2:53: 'lock_timeout' does not belong into 'settings' | write 'lock_timeout' beside 'settings'\n"
       "2:71: 'synchronous_commit' cannot be set | remove it: the run sets it for all its steps\n"
       "2:102: 'a' is set twice | keep one of them: the names of settings know no case\n"
       "2:111: 'b' must be text, not a list | write one value, in quotes if it holds any of ,[]{}\n"
       "2:116: 'c' has no value | write a value, in quotes if it is the word null, or leave the key out\n"},
      {"settings that are text",
       "migrations:\n"
       "  - {id: a, depends_on: [], settings: x}\n",
       "2:39: 'settings' must be a mapping, not text | write 'name: value' below 'settings', or leave the key out\n"},
      {"requirements",
       "databases:\n"
       "  meta: {migrations: [{id: m1, depends_on: []}]}\n"
       "  bot:\n"
       "    migrations:\n"
       "      - {id: a, depends_on: [], requires: [m1, mta/m1, meta/m2, bot/a, meta/m1, meta/m1]}\n",
       "5:44: an entry of 'requires' does not name a migration of another database: 'm1' | write <database>/<id>\n"
       "5:48: 'requires' names the unknown database 'mta' | did you mean 'meta'?\n"
       "5:56: database 'meta' has no migration 'm2' | did you mean 'm1'?\n"
       "5:65: 'a' requires a migration of its own database | write 'a' into 'depends_on'\n"
       "5:81: 'meta/m1' is listed twice in 'requires' | keep one of them; the first is at 5:72\n"},
  });
}

TEST(BadManifestTest, Defaults) {
  ExpectProblems({
      {"policies", "defaults: {heads: one, late: refuze, unknown: }\n",
       "1:19: 'heads' must be one of many, single, not 'one' | write many or single\n"
       "1:30: 'late' must be one of allow, refuse, not 'refuze' | did you mean 'refuse'?\n"
       "1:38: 'unknown' has no value | write a value, in quotes if it is the word null, or leave the key out\n"},
      {"a role twice", "defaults: {role: a, settings: {role: b}}\n",
       "1:12: 'role' is set twice | keep the one in 'settings' or this one\n"},
      {"a count", "defaults: {max_blocked: many}\n",
       "1:25: 'max_blocked' must be a whole number, not 'many' | write digits, as in 5; 0 is no limit\n"},
      {"a negative count", "defaults: {max_blocked: -1}\n",
       "1:25: 'max_blocked' must be a whole number, not '-1' | write digits, as in 5; 0 is no limit\n"},
      {"a duration", "defaults: {lock_deadline: 10m}\n",
       "1:27: 'lock_deadline' is not a duration: '10m' | write a whole number and a unit, such as 500ms, 3s, 10min, 1h "
       "or 1d; only 0 needs none\n"},
      {"an unknown key", "defaults: {lock_time_out: 3s}\n",
       "1:12: unknown key 'lock_time_out' | did you mean 'lock_timeout'?\n"},
      {"nothing", "defaults:\n",
       "1:1: 'defaults' has no value | write defaults: {key: value} with keys out of: settings, role, search_path, "
       "lock_timeout, lock_deadline, statement_timeout, max_blocked, max_blocked_time, heads, late, unknown\n"},
  });
}

TEST(BadManifestTest, Tags) {
  ExpectProblems({
      {"an unknown id",
       "migrations:\n"
       "  - {id: create_users, depends_on: []}\n"
       "tags: {v1: [create_user]}\n",
       "3:13: tag 'v1' names the unknown migration 'create_user' | did you mean 'create_users'?\n"},
      {"an id like none",
       "migrations:\n"
       "  - {id: create_users, depends_on: []}\n"
       "tags: {v1: [x]}\n",
       "3:13: tag 'v1' names the unknown migration 'x' | declare it, or correct the id\n"},
      {"no id", "tags: {v1: []}\n", "1:12: 'v1' names no migration | list the ids of its heads, or remove the tag\n"},
      {"text", "tags: {v1: a}\n", "1:12: 'v1' must be a list, not text | write [a]\n"},
      {"a bad name", "tags: {v 1: []}\n",
       "1:8: 'v 1' is not a name for a tag | use letters, digits, '_', '-', '.', '+' and '/', not starting with '-'\n"},
  });
}

TEST(BadManifestTest, ShowsTheLine) {
  const LoadedManifest loaded = Load("\xEF\xBB\xBFverison: 1\nmigrations:\r\n  - {id: \xC3\xA9, depends_on: []}\r\n");
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_EQ(loaded.problems[0].code(), ErrorCode::kManifest);
  EXPECT_EQ(loaded.problems[0].location(), (TextLocation{"migrations.yaml", {1, 1}}));
  EXPECT_EQ(loaded.problems[0].excerpt(), "  1 | verison: 1\n    | ^\n");
  EXPECT_EQ(loaded.problems[1].excerpt(), "  3 |   - {id: \xC3\xA9, depends_on: []}\n    |          ^\n");
}

TEST(BadManifestTest, ShowsNoLineThatMayHoldAPassword) {
  for (const char* text :
       {"verison: postgresql://u:secret@h/d\n", "database: {url: \"user=u secret\"}\n",
        "fleet: {comand: x, command: list --token=secret}\n",
        "log: {level: \"postgresql://u:secret@h\", pwd: secret}\n", "project: postgresql://u:secret@h\n"}) {
    const LoadedManifest loaded = Load(text);
    ASSERT_FALSE(loaded.problems.empty()) << text;
    EXPECT_EQ(loaded.problems[0].excerpt(), "");
    EXPECT_EQ(Explain(loaded.problems).find("secret"), std::string::npos) << Explain(loaded.problems);
  }
}

TEST(BadManifestTest, NeverShowsWhatAVariableBecame) {
  const LoadedManifest loaded = Load(
      "databases:\n  a:\n    fleet: {file: \"${SECRET}\", command: \"${SECRET}\", url: \"${SECRET}${\"}\n  b: {url: "
      "\"${SECRET}${}\"}\n",
      {{"SECRET", "hunter2"}});
  ASSERT_EQ(loaded.problems.size(), 3U);
  for (const Error& problem : loaded.problems)
    EXPECT_EQ((problem.message() + problem.hint() + problem.excerpt()).find("hunter2"), std::string::npos);
}

TEST(BadManifestTest, WhatIsUnderstoodIsThereAllTheSame) {
  const LoadedManifest loaded = Load(
      "migrations:\n  - {id: a, depends_on: [], x: 1}\n  - {id: b, depends_on: [a]}\n  - {id: b, depends_on: []}\n  - "
      "{id: c, depends_on: [b]}\nproject: a: b\n");
  EXPECT_EQ(loaded.problems.size(), 3U);
  const auto& migrations = loaded.manifest.databases.at(0).migrations;
  ASSERT_EQ(migrations.size(), 3U);
  EXPECT_EQ(migrations[1].id.str(), "b");
  EXPECT_EQ(migrations[1].depends_on.size(), 1U);
  EXPECT_EQ(migrations[2].id.str(), "c");
}

TEST(BadManifestTest, ThereIsAlwaysADatabase) {
  for (const char* text : {"", "databases: {}\n", "databases: [\n", "\x01", "- a\n"})
    EXPECT_EQ(Load(text).manifest.databases.size(), 1U) << text;
}

TEST(BadManifestTest, AThousandProblemsAreCutShort) {
  std::string text = "migrations:\n";
  for (int i = 0; i < 5000; ++i) text += "  - {id: m" + std::to_string(i) + "}\n";
  const LoadedManifest loaded = Load(text);
  ASSERT_EQ(loaded.problems.size(), 101U);
  EXPECT_EQ(loaded.problems[99].location().at.line, 101);
  EXPECT_EQ(Explain({loaded.problems[100]}),
            "102:5: and 4900 more problems, the first of them here | correct those above first\n");
}

TEST(BadManifestTest, LimitsHold) {
  EXPECT_EQ(Explain(Load(std::string((std::size_t{64} << 20U) + 1, '#')).problems),
            "0:0: larger than 64 MiB | split the manifest\n");
  EXPECT_EQ(Explain(Load("tags: " + std::string(2'000'001, '[')).problems),
            "1:2000007: more than 2000000 values | split the project into several manifests\n");
  for (const std::string opening : {"[", "{", "- ", "? ", "a: [", "[{", "{a: ", "-\n "}) {
    std::string text;
    while (text.size() < 300'000) text += opening;
    EXPECT_FALSE(Load(text).problems.empty()) << opening;
  }
}

}  // namespace
}  // namespace sqlmig
