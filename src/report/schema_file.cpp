#include "report/schema_file.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "report/object_json.h"

namespace sqlmig {
namespace {

constexpr const char* kFormat = "sqlmig schema";

CatalogObject ObjectOf(const Json& json) {
  CatalogObject object{json.at("kind").get<std::string>(), json.at("name").get<std::string>(), "",
                       PropertiesOf(json.at("properties"))};
  if (json.contains("parent")) object.parent = json.at("parent").get<std::string>();
  return object;
}

DescribedSchema SchemaOf(const Json& document) {
  DescribedSchema schema;
  schema.database = document.at("database").get<std::string>();
  schema.server_version = document.at("server").get<int>() * 10000;
  schema.owners = document.at("owners").get<std::vector<std::string>>();
  for (const Json& id : document.at("migrations")) {
    schema.migrations.push_back(MigrationId::Trusted(id.get<std::string>()));
  }
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<CatalogObject> objects;
  for (const Json& json : document.at("objects")) {
    CatalogObject object = ObjectOf(json);
    if (!seen.emplace(object.kind, object.name).second) {
      throw Error(ErrorCode::kUsage, fmt::format("this file has {} {} twice", object.kind, object.name))
          .Hint("write it anew with 'sqlmig drift --save'");
    }
    objects.push_back(std::move(object));
  }
  schema.snapshot = Snapshot(std::move(objects));
  return schema;
}

}  // namespace

std::string SchemaFileText(const DescribedSchema& schema) {
  Json migrations = Json::array();
  for (const MigrationId& id : schema.migrations) migrations.push_back(id.str());
  Json objects = Json::array();
  for (const CatalogObject& object : schema.snapshot.objects()) {
    Json json{{"kind", object.kind}, {"name", object.name}};
    if (!object.parent.empty()) json["parent"] = object.parent;
    json["properties"] = PropertiesJson(object.properties);
    objects.push_back(std::move(json));
  }
  // The minor version says nothing about a schema, and would change the file on its own.
  return JsonText(Json{{"format", kFormat},
                       {"version", kSchemaFileVersion},
                       {"database", schema.database},
                       {"server", schema.server_version / 10000},
                       {"owners", schema.owners},
                       {"migrations", std::move(migrations)},
                       {"objects", std::move(objects)}});
}

DescribedSchema ParseSchemaFile(const std::string& text) {
  constexpr const char* kWrite = "'sqlmig drift --save FILE' writes one";
  try {
    const Json document = Json::parse(text);
    if (!document.is_object() || document.value("format", "") != kFormat) {
      throw Error(ErrorCode::kUsage, "this is not a stored schema").Hint(kWrite);
    }
    const int version = document.at("version").get<int>();
    if (version != kSchemaFileVersion) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("this schema is stored in version {} of the format, and only version {} is known",
                              version, kSchemaFileVersion))
          .Hint("use the sqlmig that wrote it, or write it anew with 'sqlmig drift --save'");
    }
    return SchemaOf(document);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::kUsage, fmt::format("this is not a stored schema: it is no JSON at byte {}", error.byte))
        .Hint(kWrite);
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::kUsage, "this is not a stored schema: it lacks what every one has").Hint(kWrite);
  }
}

}  // namespace sqlmig
