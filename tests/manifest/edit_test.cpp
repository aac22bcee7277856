// A new migration adds a line and changes no other byte.
#include "manifest/edit.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/loading.h"

namespace sqlmig {
namespace {

using testing::Explain;
using testing::Load;

NewEntry Entry(const std::string& id, const std::vector<std::string>& depends_on, std::string description) {
  NewEntry entry{MigrationId::Parse(id), {}, std::move(description), false};
  for (const std::string& dependency : depends_on) entry.depends_on.push_back(MigrationId::Parse(dependency));
  return entry;
}

const NewEntry& New() {
  static const NewEntry entry = Entry("new", {"a", "b"}, "Say \"hi\"");
  return entry;
}

constexpr const char* kLine = "- {id: new, depends_on: [a, b], description: \"Say \\\"hi\\\"\"}";

std::string After(const std::string& text, const std::string& database = "default") {
  const LoadedManifest loaded = Load(text);
  EXPECT_EQ(Explain(loaded.problems), "");
  return WithMigration(loaded.manifest, database, New());
}

Error Refusal(const std::string& text, const std::string& database = "default") {
  try {
    return Error(ErrorCode::kInternal, After(text, database));
  } catch (const Error& error) {
    return error;
  }
}

// The text with kLine (and its indentation) where `@` is.
struct EditCase {
  const char* name;
  const char* before;
  const char* after;  // @ stands for kLine
};

std::string Expanded(std::string text) {
  const std::size_t at = text.find('@');
  return at == std::string::npos ? text : text.replace(at, 1, kLine);
}

TEST(EditTest, AddsOneLine) {
  const EditCase cases[] = {
      {"one-line entries", "migrations:\n  - {id: a, depends_on: []}\n  - {id: b, depends_on: []}\n",
       "migrations:\n  - {id: a, depends_on: []}\n  - {id: b, depends_on: []}\n  @\n"},
      {"not indented", "migrations:\n- {id: a, depends_on: []}\nproject: x\n",
       "migrations:\n- {id: a, depends_on: []}\n@\nproject: x\n"},
      {"deep indentation", "migrations:\n        -   {id: a, depends_on: []}\n\nproject: x\n",
       "migrations:\n        -   {id: a, depends_on: []}\n        @\n\nproject: x\n"},
      {"block entries",
       "migrations:\n  - id: a\n    depends_on: []\n  - id: b\n    depends_on:\n      - a\n\n    # of b\n\n# "
       "end\nproject: x\n",
       "migrations:\n  - id: a\n    depends_on: []\n  - id: b\n    depends_on:\n      - a\n\n    # of b\n  @\n\n# "
       "end\nproject: x\n"},
      {"dash on its own line", "migrations:\n  -\n    id: a\n    depends_on: []\nproject: x\n",
       "migrations:\n  -\n    id: a\n    depends_on: []\n  @\nproject: x\n"},
      {"block of text at the end",
       "migrations:\n  - id: a\n    depends_on: []\n    description: |\n      one\n\n      # no comment\nproject: x\n",
       "migrations:\n  - id: a\n    depends_on: []\n    description: |\n      one\n\n      # no comment\n  @\nproject: "
       "x\n"},
      {"quoted text over lines",
       "migrations:\n  - id: a\n    depends_on: []\n    description: \"one\n\n two\"\nproject: x\n",
       "migrations:\n  - id: a\n    depends_on: []\n    description: \"one\n\n two\"\n  @\nproject: x\n"},
      {"plain text over lines",
       "migrations:\n  - depends_on: []\n    id: a\n    description: one\n     two\nproject: x\n",
       "migrations:\n  - depends_on: []\n    id: a\n    description: one\n     two\n  @\nproject: x\n"},
      {"entry over several lines",
       "migrations:\n  - {id: a,\n depends_on: [],\n     description: \"]} # \"} # ]}\nproject: x\n",
       "migrations:\n  - {id: a,\n depends_on: [],\n     description: \"]} # \"} # ]}\n  @\nproject: x\n"},
      {"quotes inside a value",
       "migrations:\n  - {id: a, depends_on: [], description: it's 5\" # don't\n     }\nproject: x\n",
       "migrations:\n  - {id: a, depends_on: [], description: it's 5\" # don't\n     }\n  @\nproject: x\n"},
      {"comments after the entry stay there",
       "migrations:\n  # first\n  - {id: a, depends_on: []}  # a\n  # last\n\n# end\n",
       "migrations:\n  # first\n  - {id: a, depends_on: []}  # a\n  @\n  # last\n\n# end\n"},
      {"deeper comments belong to the entry", "migrations:\n  - {id: a, depends_on: []}\n    # about a\nproject: x\n",
       "migrations:\n  - {id: a, depends_on: []}\n    # about a\n  @\nproject: x\n"},
      {"no newline at the end", "migrations:\n  - {id: a, depends_on: []}",
       "migrations:\n  - {id: a, depends_on: []}\n  @\n"},
      {"document end", "migrations:\n  - {id: a, depends_on: []}\n...\n",
       "migrations:\n  - {id: a, depends_on: []}\n  @\n...\n"},
      {"empty list", "migrations: []\n", "migrations:\n  @\n"},
      {"empty list with comment", "project: x\nmigrations: [ ]  # none yet\ntags: {}\n",
       "project: x\nmigrations:  # none yet\n  @\ntags: {}\n"},
      {"empty list at the very end", "migrations: []", "migrations:\n  @\n"},
      {"no value", "migrations:\nproject: x\n", "migrations:\n  @\nproject: x\n"},
      {"no value but comments", "migrations:   # one line each\n  # here they come\n\n# end\n",
       "migrations:   # one line each\n  # here they come\n  @\n\n# end\n"},
      {"word for nothing", "migrations: ~ # none\n", "migrations: # none\n  @\n"},
      {"quoted key", "\"migrations\": null\n", "\"migrations\":\n  @\n"},
      {"no key", "version: 1\n# end\n", "version: 1\n# end\nmigrations:\n  @\n"},
      {"no key and no newline", "version: 1", "version: 1\nmigrations:\n  @\n"},
      {"no key before the document's end", "version: 1\n...\n", "version: 1\nmigrations:\n  @\n...\n"},
  };
  for (const EditCase& c : cases) EXPECT_EQ(After(c.before), Expanded(c.after)) << c.name;
}

TEST(EditTest, KeepsWindowsLineEndsAndByteOrderMark) {
  EXPECT_EQ(After("\xEF\xBB\xBFmigrations:\r\n  - {id: a, depends_on: []}\r\nproject: x\r\n"),
            Expanded("\xEF\xBB\xBFmigrations:\r\n  - {id: a, depends_on: []}\r\n  @\r\nproject: x\r\n"));
  EXPECT_EQ(After("\xEF\xBB\xBFmigrations:\r\n  - {id: a, depends_on: []}"),
            Expanded("\xEF\xBB\xBFmigrations:\r\n  - {id: a, depends_on: []}\r\n  @\r\n"));
  EXPECT_EQ(After("version: 1\r\nmigrations: []\r\n"), Expanded("version: 1\r\nmigrations:\r\n  @\r\n"));
  EXPECT_EQ(After("version: 1\r\nproject: x"), Expanded("version: 1\r\nproject: x\r\nmigrations:\r\n  @\r\n"));
}

TEST(EditTest, FindsTheRightDatabase) {
  const std::string text =
      "databases:\n"
      "  one:\n"
      "    migrations:\n"
      "    - {id: a, depends_on: []}\n"
      "    # more\n"
      "  two:\n"
      "    directory: sql/two  # here\n"
      "    migrations: []\n"
      "  # the third\n"
      "  three:\n"
      "    url: x\n"
      "\n"
      "  'four':\n"
      "    migrations:\n"
      "    - id: a\n"
      "      depends_on: []\n"
      "log: {level: info}\n";
  const auto with = [&](const std::string& after, const std::string& insert) {
    std::string expected = text;
    return Expanded(expected.insert(expected.find(after) + after.size(), insert));
  };
  EXPECT_EQ(After(text, "one"), with("depends_on: []}\n", "    @\n"));
  EXPECT_EQ(After(text, "three"), with("url: x\n", "    migrations:\n    @\n"));
  EXPECT_EQ(After(text, "four"), with("      depends_on: []\n", "    @\n"));
  std::string two = with("migrations: []\n", "    @\n");
  EXPECT_EQ(After(text, "two"), two.replace(two.find(" []\n    -"), 3, ""));
}

TEST(EditTest, FlowListsOverSeveralLinesGetALineToo) {
  const EditCase cases[] = {
      {"comma at the end", "migrations: [\n  {id: a, depends_on: []},  # a\n]\n",
       "migrations: [\n  {id: a, depends_on: []},  # a\n  %,\n]\n"},
      {"no comma at the end", "migrations: [\n  {id: a, depends_on: []}\n]\n",
       "migrations: [\n  {id: a, depends_on: []}\n  , %\n]\n"},
      {"second one without", "migrations: [\n  {id: a, depends_on: []}\n  , {id: b, depends_on: []} # b\n]\n",
       "migrations: [\n  {id: a, depends_on: []}\n  , {id: b, depends_on: []} # b\n  , %\n]\n"},
      {"JSON", "{\"version\": 1,\n \"migrations\": [\n  {\"id\": \"a\", \"depends_on\": []}\n ]}\n",
       "{\"version\": 1,\n \"migrations\": [\n  {\"id\": \"a\", \"depends_on\": []}\n  , %\n ]}\n"},
  };
  for (const EditCase& c : cases) {
    std::string expected = c.after;
    expected.replace(expected.find('%'), 1, std::string(kLine).substr(2));
    EXPECT_EQ(After(c.before), expected) << c.name;
  }
}

TEST(EditTest, RefusesWhatWouldChangeOtherLines) {
  struct Case {
    const char* text;
    TextPosition at;
  };
  for (const auto& [text, at] :
       {Case{"migrations: [{id: a, depends_on: []}]\n", {1, 13}},
        Case{"migrations: [\n  {id: a, depends_on: []}]\n", {1, 13}}, Case{"migrations: [\n # none yet\n]\n", {1, 13}},
        Case{"migrations:\n\n  ~\n", {1, 1}}, Case{"{version: 1}\n", {1, 1}}, Case{"{migrations: []}\n", {1, 2}}}) {
    const Error error = Refusal(text);
    EXPECT_EQ(error.code(), ErrorCode::kManifest) << text;
    EXPECT_EQ(
        Explain({error}),
        fmt::format(
            "{}:{}: cannot add a line to these 'migrations' without changing others | write 'migrations:' on a line of "
            "its own, and below it each migration on one line as '- {{...}}'\n",
            at.line, at.column));
  }
}

TEST(EditTest, RefusesATakenIdAndAnUnknownDatabase) {
  EXPECT_EQ(Explain({Refusal("migrations:\n  - {id: New, depends_on: []}\n")}),
            "2:10: the migration 'New' is declared already | choose another name\n");
  EXPECT_EQ(Refusal("migrations: []\n", "x").message(), "the manifest has no database 'x'");
}

TEST(EditTest, WritesDescriptionsSoThatTheyAreReadBack) {
  for (const std::string description :
       {"", "plain", "a \"b\" 'c' \\ # {x: [y]}, z", "two\nlines\t", "\xC3\xA9\xF0\x9F\x98\x80",
        "\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF", "- ? : | > & * ! %"}) {
    const LoadedManifest loaded = Load("migrations: []\n");
    NewEntry entry = Entry("x", {}, description);
    entry.without_scripts = true;
    const std::string text = WithMigration(loaded.manifest, "default", entry);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
    const LoadedManifest again = Load(text);
    EXPECT_EQ(Explain(again.problems), "");
    EXPECT_EQ(again.manifest.databases[0].migrations.at(0).description, description);
    EXPECT_EQ(again.manifest.databases[0].migrations.at(0).up.kind, ScriptRef::Kind::kNone);
  }
  const LoadedManifest loaded = Load("migrations: []\n");
  EXPECT_THROW(WithMigration(loaded.manifest, "default", Entry("x", {}, "\xFF")), Error);
  EXPECT_THROW(WithMigration(loaded.manifest, "default", Entry("x", {}, "\x01")), Error);
}

TEST(EditTest, WritesNoneOfYamlsWordsAsAnId) {
  const LoadedManifest loaded = Load("migrations:\n  - {id: \"null\", depends_on: []}\n");
  const std::string text = WithMigration(loaded.manifest, "default", Entry("true", {"null"}, ""));
  EXPECT_EQ(text, "migrations:\n  - {id: \"null\", depends_on: []}\n  - {id: true, depends_on: [\"null\"]}\n");
}

TEST(EditTest, EmptyManifestIsAManifest) {
  for (const auto& [project, name] :
       {std::pair("bot-constructor", "bot-constructor"), std::pair("My App!", "My-App-"), std::pair("", "default"),
        std::pair("null", "null"), std::pair("-", "-"), std::pair("1.0", "1.0")}) {
    const LoadedManifest loaded = Load(EmptyManifest(project));
    EXPECT_EQ(Explain(loaded.problems), "") << project;
    EXPECT_EQ(loaded.manifest.project, name);
    EXPECT_TRUE(loaded.manifest.databases.at(0).migrations.empty());
    EXPECT_NE(WithMigration(loaded.manifest, "default", New()).find(std::string("\nmigrations:\n  ") + kLine + "\n"),
              std::string::npos);
  }
}

// A manifest in a random style; entries named after their place.
class RandomManifest {
 public:
  explicit RandomManifest(unsigned seed) : random_(seed) {}

  std::string Text() {
    several_ = Chance(60);
    line_break_ = Chance(25) ? "\r\n" : "\n";
    if (Chance(10)) text_ += "\xEF\xBB\xBF";
    if (Chance(20)) Line(0, "---");
    if (Chance(50)) Line(0, "version: 1");
    Noise(0);
    if (several_) {
      Line(0, "databases:");
      const std::size_t databases = 1 + Number(3);
      for (std::size_t i = 0; i < databases; ++i) {
        names_.push_back("db" + std::to_string(i));
        Line(2, names_.back() + ":");
        Database(4);
      }
    } else {
      names_.push_back("default");
      Database(0);
    }
    Noise(0);
    if (Chance(50)) Line(0, "log: {level: info}");
    if (Chance(10)) Line(0, "...");
    if (Chance(20)) text_.resize(text_.find_last_not_of("\r\n") + 1);
    return text_;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::size_t Number(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  bool Chance(unsigned percent) { return Number(100) < percent; }
  void Line(std::size_t indent, const std::string& line) { text_ += std::string(indent, ' ') + line + line_break_; }
  void Noise(std::size_t indent) {
    while (Chance(30))
      Chance(50) ? Line(indent + Number(4), "# it's a \"comment\" - {[") : Line(0, std::string(Number(3), ' '));
  }

  void Database(std::size_t indent) {
    Line(indent, "directory: sql");
    Noise(indent);
    const std::size_t style = Number(6);
    if (style == 0) return;
    if (style == 1) return Line(indent, Chance(50) ? "migrations: []" : "migrations:  [ ]  # none");
    if (style == 2) return Line(indent, Chance(50) ? "migrations:" : "migrations: # none");
    const std::size_t deeper = indent + Number(4);
    Line(indent, "migrations:");
    const std::size_t entries = 1 + Number(4);
    for (std::size_t i = 0; i < entries; ++i) {
      Migration(deeper, "m" + std::to_string(i));
      Noise(deeper);
    }
    if (Chance(50)) Line(indent, "url: x");
  }

  void Migration(std::size_t indent, const std::string& id) {
    switch (Number(4)) {
      case 0:
        Line(indent, "- id: " + id);
        Line(indent + 2, "depends_on: []");
        if (Chance(30)) Line(indent + 2, "description: |" + line_break_ + std::string(indent + 4, ' ') + "# text: [");
        return;
      case 1:
        Line(indent, "- {id: " + id + ", # }");
        Line(indent + 3, "depends_on: [], description: 'it''s }'");
        return Line(indent + 2, "}");
      default:
        Line(indent, "- {id: " + id + ", depends_on: [], description: \"x } \\\" ]\"}" + (Chance(20) ? " # {" : ""));
    }
  }

  std::mt19937 random_;
  bool several_ = false;
  std::string line_break_;
  std::string text_;
  std::vector<std::string> names_;
};

// WithMigration itself refuses a text that means anything else; here the bytes are looked at.
TEST(EditTest, ChangesNoOtherLineOfAnyManifest) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    RandomManifest random(seed);
    const std::string text = random.Text();
    const LoadedManifest loaded = Load(text);
    ASSERT_EQ(Explain(loaded.problems), "") << "seed " << seed << "\n" << text;
    for (const std::string& name : random.names()) {
      std::string edited;
      ASSERT_NO_THROW(edited = WithMigration(loaded.manifest, name, New()))
          << "seed " << seed << ", database " << name << "\n"
          << text;
      const std::size_t at = edited.find(kLine);
      ASSERT_NE(at, std::string::npos) << "seed " << seed;
      const std::size_t start = edited.rfind('\n', at) + 1;
      std::string rest =
          edited.substr(0, start) + edited.substr(std::min(edited.find('\n', at), edited.size() - 1) + 1);
      // What else may change: the value of an empty list goes, a key comes, the last line gets its end.
      if (rest.substr(0, text.size()) == text) continue;
      const std::size_t same = static_cast<std::size_t>(
          std::mismatch(text.begin(), text.end(), rest.begin(), rest.end()).first - text.begin());
      const std::string_view gone = std::string_view(text).substr(same);
      const std::string_view come = std::string_view(rest).substr(same);
      const std::size_t first_gone = std::min(gone.find_first_not_of(' '), gone.size());
      const bool list_gone = gone.substr(first_gone, 2) == "[]" || gone.substr(first_gone, 3) == "[ ]";
      const bool key_came =
          edited.substr(0, start).ends_with("migrations:\n") || edited.substr(0, start).ends_with("migrations:\r\n");
      ASSERT_TRUE(list_gone || key_came) << "seed " << seed << "\n--- gone\n" << gone << "\n--- come\n" << come;
    }
  }
}

}  // namespace
}  // namespace sqlmig
