#include "report/graph_marks.h"

namespace sqlmig {

std::string_view MarkWord(GraphNode::Mark mark) {
  switch (mark) {
    case GraphNode::Mark::kNone:
      return "";
    case GraphNode::Mark::kApplied:
      return "applied";
    case GraphNode::Mark::kPending:
      return "pending";
    case GraphNode::Mark::kLate:
      return "late";
    case GraphNode::Mark::kEdited:
      return "edited";
    case GraphNode::Mark::kUnknown:
      return "unknown";
    case GraphNode::Mark::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::vector<std::string> MarkWords(const GraphView& view, const GraphNode& node) {
  std::vector<std::string> words;
  if (node.head) words.emplace_back("head");
  if (node.merge) words.emplace_back("merge");
  if (node.branch_point) words.emplace_back("branch point");
  if (!view.with_state) return words;
  if (node.current) words.emplace_back("current");
  if (node.mark != GraphNode::Mark::kNone) words.emplace_back(MarkWord(node.mark));
  return words;
}

bool IsApplied(GraphNode::Mark mark) {
  switch (mark) {
    case GraphNode::Mark::kApplied:
    case GraphNode::Mark::kEdited:
    case GraphNode::Mark::kUnknown:
      return true;
    case GraphNode::Mark::kNone:
    case GraphNode::Mark::kPending:
    case GraphNode::Mark::kLate:
    case GraphNode::Mark::kInterrupted:
      return false;
  }
  return false;
}

std::string RelativeUrl(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out = !path.empty() && path.front() == '/' ? "." : "";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
  }
  return out;
}

}  // namespace sqlmig
