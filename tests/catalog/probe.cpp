// Reads schemas on request, for tests in other languages. Requests are lines, answers are JSON, one a line:
//
//   read CONNINFO     {"fingerprint": "...", "objects": N, "ms": M}; kept as the newest
//   compare           the differences between the newest and the one read before it
//   dump              all objects of the newest
//   forget            closes the connection
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "catalog/difference.h"
#include "catalog/snapshot.h"
#include "pg/connection.h"

namespace {

using nlohmann::json;
using sqlmig::Connection;
using sqlmig::Snapshot;

class Probe {
 public:
  json Answer(const std::string& line) {
    if (line.starts_with("read ")) return Read(line.substr(5));
    if (line == "compare") return Differences();
    if (line == "forget") return Forget();
    if (line == "dump") return Objects();
    return {{"error", "unknown request"}};
  }

 private:
  json Read(const std::string& conninfo) {
    if (conninfo != conninfo_) {
      connection_ = std::make_unique<Connection>(
          Connection::Open(sqlmig::Conninfo::Parse(conninfo), sqlmig::SessionSettings{}, nullptr));
      conninfo_ = conninfo;
    }
    const auto start = std::chrono::steady_clock::now();
    before_ = std::exchange(newest_, sqlmig::ReadCatalog(*connection_, {}));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return {{"fingerprint", newest_.fingerprint()}, {"objects", newest_.objects().size()}, {"ms", took.count()}};
  }

  json Forget() {
    connection_.reset();
    conninfo_.clear();
    return json::object();
  }

  json Differences() const {
    json list = json::array();
    for (const sqlmig::Difference& d : sqlmig::Compare(before_, newest_)) {
      list.push_back(
          {{"kind", d.kind}, {"object", d.object}, {"what", d.what}, {"before", d.before}, {"after", d.after}});
    }
    return list;
  }

  json Objects() const {
    json list = json::array();
    for (const sqlmig::CatalogObject& object : newest_.objects()) {
      list.push_back(
          {{"kind", object.kind}, {"name", object.name}, {"parent", object.parent}, {"properties", object.properties}});
    }
    return list;
  }

  std::string conninfo_;
  std::unique_ptr<Connection> connection_;
  Snapshot before_;
  Snapshot newest_;
};

}  // namespace

int main() {
  Probe probe;
  for (std::string line; std::getline(std::cin, line);) {
    json answer;
    try {
      answer = probe.Answer(line);
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
