// Operators, casts, aggregates: what is made of functions, and can only be made anew.
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/remedy_kinds.h"
#include "verify/sql_form.h"

namespace sqlmig {
namespace {

// "public.===" and "integer", "integer" of "public.===(integer,integer)".
struct OperatorName {
  std::string name;
  std::string left;
  std::string right;
};
OperatorName ParseOperator(const std::string& text) {
  OperatorName parsed;
  const std::size_t open = text.rfind('(');
  if (open == std::string::npos || !text.ends_with(')')) return parsed;
  parsed.name = text.substr(0, open);
  const std::string arguments = text.substr(open + 1, text.size() - open - 2);
  // No type's name has a comma outside of parentheses and quotes but in numeric(8,2), which no operator takes.
  const std::size_t comma = arguments.find(',');
  if (comma == std::string::npos) return parsed;
  parsed.left = arguments.substr(0, comma);
  parsed.right = arguments.substr(comma + 1);
  return parsed;
}

struct Parameter {
  const char* property;
  const char* word;
};

std::string OperatorDefinition(const CatalogObject& object) {
  const OperatorName name = ParseOperator(object.name);
  std::vector<std::string> parts{"FUNCTION = " + PropertyOf(object, "function")};
  if (name.left != "NONE") parts.push_back("LEFTARG = " + name.left);
  if (name.right != "NONE") parts.push_back("RIGHTARG = " + name.right);
  for (const auto& [property, word] : {Parameter{"commutator", "COMMUTATOR"}, Parameter{"negator", "NEGATOR"}}) {
    const std::string other = ParseOperator(PropertyOf(object, property)).name;
    if (!other.empty()) parts.push_back(fmt::format("{} = OPERATOR({})", word, other));
  }
  for (const auto& [property, word] : {Parameter{"restrict", "RESTRICT"}, Parameter{"join", "JOIN"}}) {
    if (!PropertyOf(object, property).empty())
      parts.push_back(fmt::format("{} = {}", word, PropertyOf(object, property)));
  }
  if (!PropertyOf(object, "hashes").empty()) parts.emplace_back("HASHES");
  if (!PropertyOf(object, "merges").empty()) parts.emplace_back("MERGES");
  return fmt::format("CREATE OPERATOR {} ({})", name.name, fmt::join(parts, ", "));
}

// "(integer AS public.mood)" of "integer as public.mood".
std::string CastTypes(const CatalogObject& object) {
  constexpr std::string_view kAs = " as ";
  const std::size_t at = object.name.find(kAs);
  if (at == std::string::npos) return {};
  return fmt::format("({} AS {})", object.name.substr(0, at), object.name.substr(at + kAs.size()));
}

std::string CastDefinition(const CatalogObject& object) {
  const std::string& method = PropertyOf(object, "method");
  const std::string& context = PropertyOf(object, "context");
  std::string sql = "CREATE CAST " + CastTypes(object);
  sql += method == "inout" ? " WITH INOUT"
         : method.empty()  ? " WITH FUNCTION " + PropertyOf(object, "function")
                           : " WITHOUT FUNCTION";
  if (context == "assignment") sql += " AS ASSIGNMENT";
  if (context == "implicit") sql += " AS IMPLICIT";
  return sql;
}

std::string ModifyWord(const std::string& value) {
  return value == "shareable" ? "SHAREABLE" : value == "read write" ? "READ_WRITE" : "READ_ONLY";
}

std::string AggregateDefinition(const CatalogObject& object) {
  static constexpr std::array<Parameter, 13> kParameters = {{{"state function", "SFUNC"},
                                                             {"state type", "STYPE"},
                                                             {"state size", "SSPACE"},
                                                             {"final function", "FINALFUNC"},
                                                             {"combine function", "COMBINEFUNC"},
                                                             {"serial function", "SERIALFUNC"},
                                                             {"deserial function", "DESERIALFUNC"},
                                                             {"initial state", "INITCOND"},
                                                             {"moving state function", "MSFUNC"},
                                                             {"moving inverse function", "MINVFUNC"},
                                                             {"moving state type", "MSTYPE"},
                                                             {"moving state size", "MSSPACE"},
                                                             {"moving final function", "MFINALFUNC"}}};
  std::vector<std::string> parts;
  for (const auto& [property, word] : kParameters) {
    if (!PropertyOf(object, property).empty())
      parts.push_back(fmt::format("{} = {}", word, PropertyOf(object, property)));
  }
  const auto add = [&](const char* property, const std::string& sql) {
    if (!PropertyOf(object, property).empty()) parts.push_back(sql);
  };
  add("moving initial state", "MINITCOND = " + PropertyOf(object, "moving initial state"));
  add("final extra arguments", "FINALFUNC_EXTRA");
  add("moving final extra arguments", "MFINALFUNC_EXTRA");
  add("final modify", "FINALFUNC_MODIFY = " + ModifyWord(PropertyOf(object, "final modify")));
  add("moving final modify", "MFINALFUNC_MODIFY = " + ModifyWord(PropertyOf(object, "moving final modify")));
  add("sort operator", fmt::format("SORTOP = OPERATOR({})", ParseOperator(PropertyOf(object, "sort operator")).name));
  add("parallel", "PARALLEL = " + PropertyOf(object, "parallel"));
  if (PropertyOf(object, "kind") == "hypothetical") parts.emplace_back("HYPOTHETICAL");
  const std::string& arguments = PropertyOf(object, "arguments");
  return fmt::format("CREATE AGGREGATE {}({}) ({})", object.name.substr(0, object.name.find('(')),
                     arguments.empty() ? "*" : arguments, fmt::join(parts, ", "));
}

}  // namespace

bool IsMadeOfFunctions(const CatalogObject& object) {
  return object.kind == "operator" || object.kind == "cast" || object.kind == "aggregate";
}

std::optional<std::vector<std::string>> CreateOfFunctions(const CatalogObject& object) {
  if (object.kind == "cast") return std::vector<std::string>{CastDefinition(object)};
  if (object.kind == "aggregate") return std::vector<std::string>{AggregateDefinition(object)};
  // Of another one's commutator or negator there may be nothing but the name.
  if (PropertyOf(object, "function") == "none yet") return std::nullopt;
  return std::vector<std::string>{OperatorDefinition(object)};
}

std::string DropOfFunctions(const CatalogObject& object) {
  if (object.kind == "cast") return "DROP CAST " + CastTypes(object);
  if (object.kind == "operator") {
    const OperatorName name = ParseOperator(object.name);
    return fmt::format("DROP OPERATOR {} ({}, {})", name.name, name.left, name.right);
  }
  const std::size_t open = object.name.find('(');
  const bool any = open != std::string::npos && object.name.substr(open) == "()";
  return "DROP AGGREGATE " + (any ? object.name.substr(0, open) + "(*)" : object.name);
}

}  // namespace sqlmig
