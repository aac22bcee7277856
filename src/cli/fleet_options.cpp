#include "cli/fleet_options.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "support/error.h"

namespace sqlmig {

std::shared_ptr<FleetWords> AddMemberOptions(CLI::App* command) {
  auto words = std::make_shared<FleetWords>();
  command
      ->add_option(
          "--only", words->only,
          "Of a fleet: the members with that name or label (\"ada\", \"region=eu\", * and ? for what may differ)")
      ->type_name("MEMBER")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  command->add_option("--exclude", words->exclude, "Of a fleet: all but the members with that name or label")
      ->type_name("MEMBER")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  command->add_option("--order", words->order, "Of a fleet: its members as they are listed, or by name")
      ->type_name("HOW")
      ->check(OneOf({"list", "name"}))
      ->capture_default_str();
  command->add_option("--jobs", words->jobs, "Of a fleet: members at once, in all (16 without it)")
      ->type_name("N")
      ->check(Count(1));
  command
      ->add_option("--share", words->share,
                   "Of a fleet: the part of each server's free connections that may be taken at once")
      ->type_name("P%")
      ->capture_default_str();
  return words;
}

std::shared_ptr<FleetWords> AddFleetOptions(CLI::App* command) {
  auto words = AddMemberOptions(command);
  command
      ->add_option("--max-failures", words->max_failures,
                   "Of a fleet: once more members have failed (3, or 5% of them), no further one is begun")
      ->type_name("N");
  return words;
}

FleetOptions ToFleetOptions(const FleetWords& words) {
  FleetOptions options;
  options.filter = {words.only, words.exclude};
  options.by_name = words.order == "name";
  if (words.jobs > 0) options.jobs = static_cast<std::size_t>(words.jobs);
  const FailureBudget share = ParseFailureBudget("--share", words.share);
  if (!share.percent || *share.percent < 1) {
    throw Error(ErrorCode::kUsage, fmt::format("--share is no part of a server's free connections: '{}'", words.share))
        .Hint("write 1% to 100%");
  }
  options.share = static_cast<std::size_t>(*share.percent);
  if (!words.max_failures.empty()) options.budget = ParseFailureBudget("--max-failures", words.max_failures);
  options.given = !words.only.empty() || !words.exclude.empty() || !words.max_failures.empty() || words.jobs > 0;
  return options;
}

}  // namespace sqlmig
