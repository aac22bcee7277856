#include "sqltext/parse_tree.h"

#include <pg_query.h>

#include "sqltext/lexer.h"

namespace sqlmig::draft {
namespace {

bool IsLarge(std::string_view statement) {
  Lexer lexer(statement);
  std::size_t tokens = 0;
  while (lexer.Next().kind != TokenKind::kEnd) {
    if (++tokens > ParseTree::kMostTokens) return true;
  }
  return lexer.rescanned() > 1'000'000;
}

std::string WithoutPrefix(std::optional<std::string> text, std::string_view prefix) {
  if (!text || !text->starts_with(prefix)) return {};
  return text->substr(prefix.size());
}

bool IsKeywordToQuote(const std::string& word) {
  struct Free {
    void operator()(PgQueryScanResult* result) const { pg_query_free_scan_result(*result); }
  };
  PgQueryScanResult result = pg_query_scan(word.c_str());
  const std::unique_ptr<PgQueryScanResult, Free> owner(&result);
  if (result.error != nullptr) return true;
  PgQuery__ScanResult* const scan =
      pg_query__scan_result__unpack(nullptr, result.pbuf.len, reinterpret_cast<const std::uint8_t*>(result.pbuf.data));
  if (scan == nullptr) return true;
  const bool quote =
      scan->n_tokens != 1 || (scan->tokens[0]->keyword_kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD &&
                              scan->tokens[0]->keyword_kind != PG_QUERY__KEYWORD_KIND__UNRESERVED_KEYWORD);
  pg_query__scan_result__free_unpacked(scan, nullptr);
  return quote;
}

// The fields of a message as its descriptor lays them out: messages only.
bool WalkField(const ProtobufCMessage& message, const ProtobufCFieldDescriptor& field,
               const std::function<bool(const ProtobufCMessage&)>& visit) {
  if (field.type != PROTOBUF_C_TYPE_MESSAGE) return true;
  const char* const base = reinterpret_cast<const char*>(&message);
  const auto* const member = base + field.offset;
  if (field.label == PROTOBUF_C_LABEL_REPEATED) {
    const std::size_t count = *reinterpret_cast<const std::size_t*>(base + field.quantifier_offset);
    const auto* const items = *reinterpret_cast<const ProtobufCMessage* const* const*>(member);
    for (std::size_t i = 0; i < count; ++i) {
      if (items[i] != nullptr && !WalkTree(*items[i], visit)) return false;
    }
    return true;
  }
  if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
      *reinterpret_cast<const std::uint32_t*>(base + field.quantifier_offset) != field.id) {
    return true;
  }
  const auto* const child = *reinterpret_cast<const ProtobufCMessage* const*>(member);
  return child == nullptr || WalkTree(*child, visit);
}

}  // namespace

std::optional<ParseTree> ParseTree::Of(std::string_view statement) {
  if (IsLarge(statement)) return std::nullopt;
  struct Free {
    void operator()(PgQueryProtobufParseResult* result) const { pg_query_free_protobuf_parse_result(*result); }
  };
  PgQueryProtobufParseResult result = pg_query_parse_protobuf(std::string(statement).c_str());
  const std::unique_ptr<PgQueryProtobufParseResult, Free> owner(&result);
  if (result.error != nullptr) return std::nullopt;
  ParseTree tree(pg_query__parse_result__unpack(nullptr, result.parse_tree.len,
                                                reinterpret_cast<const std::uint8_t*>(result.parse_tree.data)));
  if (tree.tree_ == nullptr || tree.tree_->n_stmts != 1 || tree.tree_->stmts[0]->stmt == nullptr) return std::nullopt;
  return tree;
}

std::optional<std::string> TextOf(PgQuery__Node& statement) {
  PgQuery__RawStmt raw;
  pg_query__raw_stmt__init(&raw);
  raw.stmt = &statement;
  PgQuery__RawStmt* statements = &raw;
  PgQuery__ParseResult tree;
  pg_query__parse_result__init(&tree);
  tree.version = PG_VERSION_NUM;
  tree.n_stmts = 1;
  tree.stmts = &statements;

  std::string packed(pg_query__parse_result__get_packed_size(&tree), '\0');
  pg_query__parse_result__pack(&tree, reinterpret_cast<std::uint8_t*>(packed.data()));
  struct Free {
    void operator()(PgQueryDeparseResult* result) const { pg_query_free_deparse_result(*result); }
  };
  PgQueryDeparseResult result = pg_query_deparse_protobuf({packed.size(), packed.data()});
  const std::unique_ptr<PgQueryDeparseResult, Free> owner(&result);
  if (result.error != nullptr || result.query == nullptr) return std::nullopt;
  return std::string(result.query);
}

std::string TextOf(PgQuery__TypeName& type) {
  PgQuery__String name;
  pg_query__string__init(&name);
  std::string letter = "d";
  name.sval = letter.data();
  PgQuery__Node name_node = NodeOf(PG_QUERY__NODE__NODE_STRING, &PgQuery__Node::string, &name);
  PgQuery__Node* names = &name_node;
  PgQuery__CreateDomainStmt domain;
  pg_query__create_domain_stmt__init(&domain);
  domain.n_domainname = 1;
  domain.domainname = &names;
  domain.type_name = &type;
  PgQuery__Node node = NodeOf(PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT, &PgQuery__Node::create_domain_stmt, &domain);
  return WithoutPrefix(TextOf(node), "CREATE DOMAIN d AS ");
}

std::string ExpressionText(PgQuery__Node& expression) {
  PgQuery__ResTarget target;
  pg_query__res_target__init(&target);
  target.val = &expression;
  PgQuery__Node target_node = NodeOf(PG_QUERY__NODE__NODE_RES_TARGET, &PgQuery__Node::res_target, &target);
  PgQuery__Node* targets = &target_node;
  PgQuery__SelectStmt select;
  pg_query__select_stmt__init(&select);
  select.n_target_list = 1;
  select.target_list = &targets;
  select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
  select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
  PgQuery__Node node = NodeOf(PG_QUERY__NODE__NODE_SELECT_STMT, &PgQuery__Node::select_stmt, &select);
  return WithoutPrefix(TextOf(node), "SELECT ");
}

std::string RoleText(const PgQuery__RoleSpec& role) {
  switch (role.roletype) {
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_ROLE:
      return "CURRENT_ROLE";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_USER:
      return "CURRENT_USER";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_SESSION_USER:
      return "SESSION_USER";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_PUBLIC:
      return "PUBLIC";
    default:
      return Quoted(role.rolename == nullptr ? "" : role.rolename);
  }
}

std::string CommandText(PgQuery__AlterTableCmd& command) {
  PgQuery__Node command_node = NodeOf(PG_QUERY__NODE__NODE_ALTER_TABLE_CMD, &PgQuery__Node::alter_table_cmd, &command);
  PgQuery__Node* commands = &command_node;
  std::string letter = "t";
  std::string persistence = "p";
  PgQuery__RangeVar relation;
  pg_query__range_var__init(&relation);
  relation.relname = letter.data();
  relation.relpersistence = persistence.data();
  relation.inh = 1;
  PgQuery__AlterTableStmt alter;
  pg_query__alter_table_stmt__init(&alter);
  alter.relation = &relation;
  alter.objtype = PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
  alter.n_cmds = 1;
  alter.cmds = &commands;
  PgQuery__Node node = NodeOf(PG_QUERY__NODE__NODE_ALTER_TABLE_STMT, &PgQuery__Node::alter_table_stmt, &alter);
  return WithoutPrefix(TextOf(node), "ALTER TABLE t ");
}

std::string ConstraintText(PgQuery__Constraint& constraint, std::string name, std::string column) {
  PgQuery__Constraint copy = constraint;  // borrows all that it points to
  copy.conname = name.data();
  PgQuery__String key;
  pg_query__string__init(&key);
  key.sval = column.data();
  PgQuery__Node key_node = NodeOf(PG_QUERY__NODE__NODE_STRING, &PgQuery__Node::string, &key);
  PgQuery__Node* keys = &key_node;
  if (!column.empty() && copy.contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) {
    copy.n_fk_attrs = 1;
    copy.fk_attrs = &keys;
  } else if (!column.empty() && copy.contype != PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) {
    copy.n_keys = 1;
    copy.keys = &keys;
  }
  PgQuery__Node node = NodeOf(PG_QUERY__NODE__NODE_CONSTRAINT, &PgQuery__Node::constraint, &copy);
  PgQuery__AlterTableCmd command;
  pg_query__alter_table_cmd__init(&command);
  command.subtype = PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint;
  command.def = &node;
  command.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
  return CommandText(command);
}

std::string BoundText(PgQuery__PartitionBoundSpec& bound) {
  std::string letter = "p";
  PgQuery__RangeVar partition;
  pg_query__range_var__init(&partition);
  partition.relname = letter.data();
  partition.relpersistence = letter.data();
  partition.inh = 1;
  PgQuery__PartitionCmd attach;
  pg_query__partition_cmd__init(&attach);
  attach.name = &partition;
  attach.bound = &bound;
  PgQuery__Node node = NodeOf(PG_QUERY__NODE__NODE_PARTITION_CMD, &PgQuery__Node::partition_cmd, &attach);
  PgQuery__AlterTableCmd command;
  pg_query__alter_table_cmd__init(&command);
  command.subtype = PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition;
  command.def = &node;
  command.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
  return WithoutPrefix(CommandText(command), "ATTACH PARTITION p ");
}

std::string Quoted(std::string_view name) {
  bool plain = !name.empty() && (name[0] == '_' || (name[0] >= 'a' && name[0] <= 'z'));
  for (const char c : name) plain = plain && (c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
  if (plain && !IsKeywordToQuote(std::string(name))) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string QuotedLiteral(std::string_view text) {
  const bool escapes = text.find('\\') != std::string_view::npos;
  std::string quoted = escapes ? "E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + '\'';
}

std::vector<std::string> NamesOf(PgQuery__Node* const* nodes, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    if (nodes[i]->node_case == PG_QUERY__NODE__NODE_STRING) names.emplace_back(nodes[i]->string->sval);
  }
  return names;
}

bool WalkTree(const ProtobufCMessage& message, const std::function<bool(const ProtobufCMessage&)>& visit) {
  if (!visit(message)) return false;
  for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
    if (!WalkField(message, message.descriptor->fields[i], visit)) return false;
  }
  return true;
}

}  // namespace sqlmig::draft
