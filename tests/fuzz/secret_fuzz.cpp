// A script and a text with a secret in them: no crash, and what ../sqltext/secret_invariants.h and
// ../support/masking_invariants.h say.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../sqltext/secret_invariants.h"
#include "../support/masking_invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::string& problem : {sqlmig::SecretProblem(input), sqlmig::MaskingProblem(input)}) {
    if (!problem.empty()) {
      std::fprintf(stderr, "%s\n", problem.c_str());
      std::abort();
    }
  }
  return 0;
}
