// The form that continuous integration systems read. There is no schema of one author; this is what Jenkins, GitLab and
// GitHub's actions agree on: testsuites, testsuite, testcase, failure, system-out.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "report/difference_text.h"
#include "report/verify_report.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kDifferencesInXml = 200;

// XML 1.0 has no way to write most control characters, nor what is not UTF-8. In an attribute a line end would become a
// blank.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : Printable(FindInvalidUtf8(text) == std::string::npos ? text : "(not UTF-8)")) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string DetailOf(const VerifyFinding& finding) {
  std::string text;
  if (!finding.location.file.empty()) {
    text += finding.location.file.string();
    if (finding.location.at.line > 0) text += fmt::format(":{}", finding.location.at.line);
    text += "\n";
  }
  text += finding.excerpt + DifferenceLines(finding.differences, kDifferencesInXml);
  if (!finding.hint.empty()) text += "hint: " + finding.hint + "\n";
  return text;
}

std::string EscapedText(const std::string& text) {
  std::string escaped = Escaped(text);
  for (std::size_t at = escaped.find("&#10;"); at != std::string::npos; at = escaped.find("&#10;", at)) {
    escaped.replace(at, 5, "\n");
  }
  return escaped;
}

struct Case {
  std::string group;
  std::string name;
  bool skipped = false;
  std::string reason = {};  // why it is
  std::vector<const VerifyFinding*> findings = {};
};

bool Failed(const Case& entry) {
  return std::any_of(entry.findings.begin(), entry.findings.end(),
                     [](const VerifyFinding* finding) { return !finding->note; });
}

std::vector<Case> CasesOf(const DatabaseProof& proof) {
  std::vector<Case> cases;
  for (const MigrationProof& migration : proof.migrations) {
    Case entry{"migrations", migration.id.str(), migration.up == MigrationProof::Way::kNotTried, migration.reason};
    for (const VerifyFinding& finding : proof.findings) {
      if (finding.migration == migration.id && finding.other.str().empty()) entry.findings.push_back(&finding);
    }
    cases.push_back(std::move(entry));
  }
  for (const PairProof& pair : proof.pairs) {
    Case entry{"pairs", fmt::format("{}, {}", pair.first.str(), pair.second.str()), !pair.reason.empty(), pair.reason};
    for (const VerifyFinding& finding : proof.findings) {
      if (finding.migration == pair.second && finding.other == pair.first) entry.findings.push_back(&finding);
    }
    cases.push_back(std::move(entry));
  }
  Case all{"all", "all in another order, probes"};
  for (const VerifyFinding& finding : proof.findings) {
    const bool told = std::any_of(cases.begin(), cases.end(), [&](const Case& entry) {
      return std::find(entry.findings.begin(), entry.findings.end(), &finding) != entry.findings.end();
    });
    if (!told) all.findings.push_back(&finding);
  }
  cases.push_back(std::move(all));
  return cases;
}

std::string XmlOf(const std::string& database, const Case& entry) {
  std::string inner;
  std::string notes;
  for (const VerifyFinding* finding : entry.findings) {
    if (finding->note) {
      notes += fmt::format("note: {} [{}]\n{}", finding->message, VerifyCodeName(finding->code), DetailOf(*finding));
    } else {
      inner += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", VerifyCodeName(finding->code),
                           Escaped(finding->message), EscapedText(DetailOf(*finding)));
    }
  }
  if (entry.skipped && inner.empty()) inner += fmt::format("      <skipped message=\"{}\"/>\n", Escaped(entry.reason));
  if (!notes.empty()) inner += fmt::format("      <system-out>{}</system-out>\n", EscapedText(notes));
  const std::string head =
      fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\"", Escaped(database), entry.group, Escaped(entry.name));
  return inner.empty() ? head + "/>\n" : fmt::format("{}>\n{}    </testcase>\n", head, inner);
}

}  // namespace

std::string JunitXml(const VerifyReport& report) {
  std::string suites;
  std::size_t all_tests = 0;
  std::size_t all_failures = 0;
  for (const DatabaseProof& proof : report.databases) {
    const std::vector<Case> cases = CasesOf(proof);
    const auto failures = static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), Failed));
    const auto skipped =
        std::count_if(cases.begin(), cases.end(), [](const Case& entry) { return entry.skipped && !Failed(entry); });
    all_tests += cases.size();
    all_failures += failures;
    suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n",
                          Escaped(proof.database), cases.size(), failures, skipped);
    for (const Case& entry : cases) suites += XmlOf(proof.database, entry);
    suites += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sqlmig verify\" tests=\"{}\" failures=\"{}\" "
      "errors=\"0\">\n{}</testsuites>\n",
      all_tests, all_failures, suites);
}

}  // namespace sqlmig
