#include "report/effects_file.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "report/object_json.h"

namespace sqlmig {
namespace {

constexpr const char* kEffectsFormat = "sqlmig effects";
constexpr const char* kWrite = "'sqlmig verify --effects' writes it anew";

Json SideJson(const std::optional<CatalogObject>& side) {
  return side ? PropertiesJson(side->properties) : Json();
}

std::string ParentOf(const std::optional<CatalogObject>& side) {
  return side ? side->parent : std::string();
}

Json ObjectJson(const ObjectChange& change) {
  Json json{{"kind", change.kind}, {"name", change.name}};
  const std::string before = ParentOf(change.before);
  const std::string after = ParentOf(change.after);
  const bool moved = change.before && change.after && before != after;
  if (moved) {
    json["parent_before"] = before;
    json["parent_after"] = after;
  } else if (!before.empty() || !after.empty()) {
    json["parent"] = change.before ? before : after;
  }
  json["before"] = SideJson(change.before);
  json["after"] = SideJson(change.after);
  return json;
}

Json EffectJson(const KnownEffect& effect) {
  Json objects = Json::array();
  for (const ObjectChange& change : effect.objects) objects.push_back(ObjectJson(change));
  return Json{{"id", effect.id.str()},
              {"up", effect.up},
              {"down", effect.down},
              {"server_major", effect.server_major},
              {"objects", std::move(objects)}};
}

std::optional<CatalogObject> SideOf(const Json& json, const char* side) {
  const Json& properties = json.at(side);
  if (properties.is_null()) return std::nullopt;
  CatalogObject object{json.at("kind").get<std::string>(), json.at("name").get<std::string>(), "",
                       PropertiesOf(properties)};
  object.parent = json.value(fmt::format("parent_{}", side), json.value("parent", std::string()));
  return object;
}

ObjectChange ChangeOf(const Json& json) {
  ObjectChange change{json.at("kind").get<std::string>(), json.at("name").get<std::string>(), SideOf(json, "before"),
                      SideOf(json, "after")};
  if (!change.before && !change.after) {
    throw Error(ErrorCode::kIo,
                fmt::format("this file has {} {} with neither 'before' nor 'after'", change.kind, change.name))
        .Hint(kWrite);
  }
  return change;
}

KnownEffect KnownEffectOf(const Json& json) {
  KnownEffect effect{MigrationId::Trusted(json.at("id").get<std::string>()),
                     json.at("up").get<std::string>(),
                     json.at("down").get<std::string>(),
                     {},
                     json.at("server_major").get<int>()};
  std::set<std::pair<std::string, std::string>> seen;
  for (const Json& object : json.at("objects")) {
    ObjectChange change = ChangeOf(object);
    if (!seen.emplace(change.kind, change.name).second) {
      throw Error(ErrorCode::kIo,
                  fmt::format("this file has {} {} twice at {}", change.kind, change.name, effect.id.str()))
          .Hint(kWrite);
    }
    effect.objects.push_back(std::move(change));
  }
  return effect;
}

std::vector<DatabaseEffects> EffectsOf(const Json& document) {
  std::vector<DatabaseEffects> effects;
  for (const Json& json : document.at("databases")) {
    DatabaseEffects database{json.at("name").get<std::string>(), {}};
    for (const Json& migration : json.at("migrations")) database.migrations.push_back(KnownEffectOf(migration));
    effects.push_back(std::move(database));
  }
  return effects;
}

}  // namespace

std::string EffectsFileText(const std::vector<DatabaseEffects>& effects) {
  Json databases = Json::array();
  for (const DatabaseEffects& database : effects) {
    Json migrations = Json::array();
    for (const KnownEffect& effect : database.migrations) migrations.push_back(EffectJson(effect));
    databases.push_back(Json{{"name", database.database}, {"migrations", std::move(migrations)}});
  }
  return JsonText(
      Json{{"format", kEffectsFormat}, {"schema", kEffectsFileVersion}, {"databases", std::move(databases)}});
}

std::vector<DatabaseEffects> ParseEffectsFile(const std::string& text) {
  try {
    const Json document = Json::parse(text);
    if (!document.is_object() || document.value("format", "") != kEffectsFormat) {
      throw Error(ErrorCode::kIo, "this is no file of effects").Hint(kWrite);
    }
    const int version = document.at("schema").get<int>();
    if (version != kEffectsFileVersion) {
      throw Error(ErrorCode::kIo, fmt::format("this file is of version {} of the format, and only version {} is known",
                                              version, kEffectsFileVersion))
          .Hint("use the sqlmig that wrote it; or " + std::string(kWrite));
    }
    return EffectsOf(document);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::kIo, fmt::format("this is no file of effects: it is no JSON at byte {}", error.byte))
        .Hint(kWrite);
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::kIo, "this is no file of effects: it lacks what every one has").Hint(kWrite);
  }
}

}  // namespace sqlmig
