// PostgreSQL's parse tree of one statement, and SQL text from parts of such a tree.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pg_query/pg_query.pb-c.h>

namespace sqlmig::draft {

// Owns the tree. A tree may be changed to be printed; what is changed must be put back before the tree is destroyed.
class ParseTree {
 public:
  // Nothing: the parser does not know the statement, it is more than one, or it is larger than kMostTokens.
  // REQUIRES: the caller runs on a deep stack (deep_stack.h); no NUL in `statement`.
  static std::optional<ParseTree> Of(std::string_view statement);

  PgQuery__Node& statement() const { return *tree_->stmts[0]->stmt; }

  // As many tokens as a statement may have whose tree is looked at: packing and unpacking recurse as deep as its
  // expressions nest, and take time that is quadratic in the depth (about 0.1 s for `1+1+...` of this length).
  static constexpr std::size_t kMostTokens = 20'000;

 private:
  struct Free {
    void operator()(PgQuery__ParseResult* tree) const { pg_query__parse_result__free_unpacked(tree, nullptr); }
  };
  explicit ParseTree(PgQuery__ParseResult* tree) : tree_(tree) {}
  std::unique_ptr<PgQuery__ParseResult, Free> tree_;
};

// The statement as SQL on one line, without a semicolon. Nothing: it cannot be printed.
std::optional<std::string> TextOf(PgQuery__Node& statement);
// A type, an expression as SQL text; empty when it cannot be printed.
std::string TextOf(PgQuery__TypeName& type);
std::string ExpressionText(PgQuery__Node& expression);
std::string RoleText(const PgQuery__RoleSpec& role);
// "FOR VALUES FROM (1) TO (9)", "DEFAULT"; empty when it cannot be printed.
std::string BoundText(PgQuery__PartitionBoundSpec& bound);

// What follows the table's name in ALTER TABLE; empty when it cannot be printed.
std::string CommandText(PgQuery__AlterTableCmd& command);
// "ADD CONSTRAINT name ...", also of one that stands in the definition of `column` (else empty).
std::string ConstraintText(PgQuery__Constraint& constraint, std::string name, std::string column);

// A name as the server's quote_ident writes it.
std::string Quoted(std::string_view name);
// A string constant.
std::string QuotedLiteral(std::string_view text);

// The names of a list of String nodes; other nodes are left out.
std::vector<std::string> NamesOf(PgQuery__Node* const* nodes, std::size_t count);

// Every message of the tree below `message`, itself included. Stops when `visit` says false.
bool WalkTree(const ProtobufCMessage& message, const std::function<bool(const ProtobufCMessage&)>& visit);

// A node for a member of PgQuery__Node, to print what was not a statement of its own: the message is borrowed.
template <typename Message>
PgQuery__Node NodeOf(PgQuery__Node__NodeCase which, Message PgQuery__Node::*member, Message value) {
  PgQuery__Node node;
  pg_query__node__init(&node);
  node.node_case = which;
  node.*member = value;
  return node;
}

}  // namespace sqlmig::draft
