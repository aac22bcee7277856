#include "manifest/yaml_document.h"

#include <algorithm>
#include <array>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "manifest/entry_lines.h"
#include "manifest/yaml_syntax.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kEmptyMap = "{}";  // stands for a run of entry lines

// Thrown through the parser when reading on makes no sense.
struct Stop {
  std::size_t offset = 0;
  Complaint complaint;
};

// Thrown through the parser when it has to read the entry lines itself.
struct NoShortcut {};

// Reads where the text lies instead of copying it.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // never written to: there is no overflow()
    setg(begin, begin, begin + text.size());
  }
};

std::string_view LineAt(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return text.substr(start, text.find('\n', start) - start);
}

// An empty item has the mark of what follows it: this is that of the `-`, `[` or `,` before it, if no comment is
// between.
YAML::Mark MarkOfEmptyItem(std::string_view text, YAML::Mark mark) {
  const std::size_t offset = static_cast<std::size_t>(mark.pos);
  const std::size_t before = offset == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", offset - 1);
  if (before == std::string_view::npos || std::string_view("-[,").find(text[before]) == std::string_view::npos)
    return mark;
  const std::string_view between = text.substr(before, offset - before);
  const std::size_t newline = text.rfind('\n', before);
  mark.line -= static_cast<int>(std::count(between.begin(), between.end(), '\n'));
  mark.pos = static_cast<int>(before);
  mark.column = static_cast<int>(newline == std::string_view::npos ? before : before - newline - 1);
  return mark;
}

std::size_t Offset(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

void Feed(std::string_view text, YAML::EventHandler& handler) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(handler)) {
  }
}

}  // namespace

// Receives the events. `body` is the text without BOM, which is how the parser counts too.
class YamlDocument::Builder : public YAML::EventHandler {
 public:
  // With `lines`, the parser reads the rest that they leave.
  Builder(YamlDocument& document, std::string_view body, Problems& problems, const EntryLines* lines = nullptr)
      : document_(document),
        body_(body),
        bom_(document.source_.size() - body.size()),
        problems_(problems),
        lines_(lines) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const bool marker = body_.substr(Offset(mark), 3) == "---";
    throw Stop{Offset(mark),
               marker
                   ? Complaint{"several documents in one file", "remove '---' and merge what follows into one document"}
                   : Complaint{"text after the end of the manifest",
                               "make the file one mapping of keys to values, each key in the first column"}};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    const YAML::Mark mark = InBody(at);
    const bool item = !open_.empty() && document_.nodes_[open_.back()].kind == NodeKind::kSequence;
    Add(NodeKind::kNull, item ? MarkOfEmptyItem(body_, mark) : mark);
    if (anchor != 0) Refuse(mark);
  }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t) override {
    const YAML::Mark mark = InBody(at);
    Add(NodeKind::kRefused, mark);
    Refuse(mark);
  }
  void OnScalar(const YAML::Mark& at, const std::string&, YAML::anchor_t, const std::string& value) override {
    const YAML::Mark mark = InBody(at);
    YamlNode& node = Add(NodeKind::kScalar, mark);
    node.text = static_cast<std::uint32_t>(document_.scalars_.size());
    node.length = static_cast<std::uint32_t>(value.size());
    document_.scalars_ += value;
    RefuseProperties(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    Open(NodeKind::kSequence, InBody(mark), style);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    in_run_ = IsNextRun(mark);
    if (in_run_) return AddRun();
    Open(NodeKind::kMap, InBody(mark), style);
  }
  void OnMapEnd() override {
    if (!in_run_) Close();
    in_run_ = false;
  }

  // Whether the parser came to every run of lines, each as an item of a list.
  bool AllRunsSeen() const { return next_run_ == lines_->runs().size(); }

  // After a syntax error: what is open ends here.
  void CutOff() {
    document_.complete_ = false;
    while (!open_.empty()) {
      document_.nodes_[open_.back()].complete = false;
      Close();
    }
  }

 private:
  // From the rest that the parser reads to the whole text.
  YAML::Mark InBody(YAML::Mark mark) const {
    std::size_t before = next_run_;
    // Marks come in the order of the text, but for some empty values.
    while (before > 0 && lines_->runs()[before - 1].rest_offset >= Offset(mark)) --before;
    if (before == 0) return mark;
    const EntryLines::Run& run = lines_->runs()[before - 1];
    mark.pos += static_cast<int>(run.end) - static_cast<int>(run.rest_offset + kEmptyMap.size());
    mark.line += static_cast<int>(run.lines);
    return mark;
  }

  bool IsNextRun(const YAML::Mark& mark) const {
    if (lines_ == nullptr || AllRunsSeen() || open_.empty()) return false;
    const YamlNode& parent = document_.nodes_[open_.back()];
    return parent.kind == NodeKind::kSequence && !parent.flow && lines_->runs()[next_run_].rest_offset == Offset(mark);
  }

  // The nodes of the next run in the place of the empty map that the parser saw.
  void AddRun() {
    const EntryLines::Run& run = lines_->runs()[next_run_++];
    constexpr std::size_t kEntryDepth = 2;  // a map with lists
    std::vector<YamlNode>& nodes = document_.nodes_;
    if (open_.size() + kEntryDepth > kMaxDepth || nodes.size() + run.end_node - run.first_node > kMaxValues)
      throw NoShortcut();
    for (std::size_t i = run.first_node; i < run.end_node; ++i) {
      YamlNode& node = nodes.emplace_back(lines_->nodes()[i]);
      const std::string_view value = body_.substr(node.text, node.length);
      node.offset += static_cast<std::uint32_t>(bom_);
      if (node.kind != NodeKind::kScalar) continue;
      node.text = static_cast<std::uint32_t>(document_.scalars_.size());
      document_.scalars_ += value;
    }
  }

  YamlNode& Add(NodeKind kind, const YAML::Mark& mark) {
    if (document_.nodes_.size() >= kMaxValues) throw Stop{Offset(mark), TooManyValues()};
    YamlNode& node = document_.nodes_.emplace_back();
    node.kind = kind;
    node.offset = static_cast<std::uint32_t>(Offset(mark) + bom_);
    node.line = static_cast<std::uint32_t>(std::max(mark.line, 0));
    node.column = static_cast<std::uint32_t>(std::max(mark.column, 0));
    return node;
  }

  void Open(NodeKind kind, const YAML::Mark& mark, YAML::EmitterStyle::value style) {
    if (open_.size() >= kMaxDepth) {
      throw Stop{Offset(mark),
                 {fmt::format("nested more than {} levels deep", kMaxDepth),
                  "remove brackets or indentation: no value of a manifest lies that deep"}};
    }
    open_.push_back(document_.nodes_.size());
    Add(kind, mark).flow = style == YAML::EmitterStyle::Flow;
    RefuseProperties(mark);
  }

  void Close() {
    YamlNode& node = document_.nodes_[open_.back()];
    node.size = static_cast<std::uint32_t>(document_.nodes_.size() - open_.back());
    open_.pop_back();
  }

  // Tags and anchors stand before the value, and the mark is theirs. No plain or quoted scalar starts with these.
  void RefuseProperties(const YAML::Mark& mark) {
    const std::size_t offset = Offset(mark);
    if (offset < body_.size() && (body_[offset] == '!' || body_[offset] == '&')) Refuse(mark);
  }

  void Refuse(const YAML::Mark& mark) {
    const std::size_t offset = Offset(mark);
    const TextPosition at = document_.At(document_.nodes_.back());
    Complaint complaint = DescribeProperty(body_.substr(std::min(offset, body_.size())));
    problems_.Add(at, std::move(complaint.message), std::move(complaint.hint));
  }

  YamlDocument& document_;
  std::string_view body_;
  std::size_t bom_;
  Problems& problems_;
  std::vector<std::size_t> open_;  // indices of the containers around the next event
  int documents_ = 0;
  const EntryLines* lines_;
  std::size_t next_run_ = 0;
  bool in_run_ = false;  // between the brackets of an empty map that stands for a run
};

YamlDocument YamlDocument::Parse(std::string_view text, Problems& problems) {
  return Parse(text, problems, Shortcut::kYes);
}

YamlDocument YamlDocument::ParseWithoutShortcut(std::string_view text, Problems& problems) {
  return Parse(text, problems, Shortcut::kNo);
}

YamlDocument YamlDocument::Parse(std::string_view text, Problems& problems, Shortcut shortcut) {
  YamlDocument document;
  document.source_ = text;
  if (text.size() > kMaxManifestBytes) {
    problems.Add({}, fmt::format("larger than {} MiB", kMaxManifestBytes >> 20U), "split the manifest");
    document.complete_ = false;
    return document;
  }
  const std::size_t bom = text.substr(0, kBom.size()) == kBom ? kBom.size() : 0;
  const std::string_view body = text.substr(bom);
  const TextCheck check = CheckText(body);
  document.ascii_ = check.ascii;
  if (check.wrong) {
    problems.Add(PositionOfByte(body, check.offset), check.wrong->message, check.wrong->hint);
    document.complete_ = false;
    return document;
  }
  document.nodes_.reserve(body.size() / 12);
  document.scalars_.reserve(body.size());
  if (shortcut == Shortcut::kNo || !document.ParseAroundEntryLines(body)) document.ParseWhole(body, problems);
  document.RefuseUnclosedQuote(problems);
  document.RefuseLateDirective(problems);
  return document;
}

bool YamlDocument::ParseAroundEntryLines(std::string_view body) {
  const EntryLines lines(body);
  if (lines.runs().empty()) return false;
  Problems problems;
  Builder builder(*this, body, problems, &lines);
  bool good = true;
  try {
    Feed(lines.rest(), builder);
    good = builder.AllRunsSeen() && problems.empty();
  } catch (const NoShortcut&) {
    good = false;
  } catch (const Stop&) {
    good = false;
  } catch (const YAML::Exception&) {
    good = false;
  }
  if (good) return true;
  nodes_.clear();
  scalars_.clear();
  return false;
}

void YamlDocument::ParseWhole(std::string_view body, Problems& problems) {
  Builder builder(*this, body, problems);
  const auto stop = [&](std::size_t offset, Complaint complaint) {
    builder.CutOff();
    problems.Add(PositionOfByte(body, offset), std::move(complaint.message), std::move(complaint.hint));
  };
  try {
    Feed(body, builder);
  } catch (Stop& wrong) {
    stop(wrong.offset, std::move(wrong.complaint));
  } catch (const YAML::Exception& wrong) {
    stop(Offset(wrong.mark), DescribeSyntaxError(wrong.msg, LineAt(body, Offset(wrong.mark))));
  }
}

// The parser takes the end of the file for the missing quote of the last scalar, with all that is between as its value.
void YamlDocument::RefuseUnclosedQuote(Problems& problems) {
  const auto last =
      std::find_if(nodes_.rbegin(), nodes_.rend(), [](const YamlNode& node) { return node.kind == NodeKind::kScalar; });
  if (last == nodes_.rend() || IsClosed(Source(*last))) return;
  const char quote = Source(*last)[0];
  problems.Add(At(*last), fmt::format("the quote {} is never closed", quote),
               fmt::format("end the value with {}", quote));
  last->kind = NodeKind::kRefused;
  complete_ = false;
  // What is missing in the containers around may stand in that value.
  const auto index = static_cast<std::size_t>(nodes_.rend() - last) - 1;
  for (std::size_t i = 0; i < index; ++i) {
    if (i + nodes_[i].size > index) nodes_[i].complete = false;
  }
}

// The parser takes any line that starts with `%` for a directive and says nothing of what it skips.
void YamlDocument::RefuseLateDirective(Problems& problems) {
  if (nodes_.empty() || !complete_) return;
  const std::size_t newline = source_.find("\n%", nodes_.front().offset);
  if (newline == std::string_view::npos) return;
  problems.Add(PositionOfByte(source_, newline + 1), "a line cannot start with '%'",
               "remove it, or put the value in double quotes");
  complete_ = false;
}

TextPosition YamlDocument::At(const YamlNode& node) const {
  const auto line = static_cast<int>(node.line) + 1;
  if (ascii_) return {line, static_cast<int>(node.column) + 1};
  return {line, static_cast<int>(CountCharacters(source_.substr(node.offset - node.column, node.column))) + 1};
}

}  // namespace sqlmig
