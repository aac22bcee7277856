#include "cli/latin.h"

#include <array>
#include <cstddef>

namespace sqlmig {
namespace {

// U+00C0 to U+00DF; U+00E0 to U+00FF are the same in lower case, but for the last. '?': no letter.
constexpr std::array<std::string_view, 32> kLatin1 = {"a",  "a", "a", "a", "ae", "a", "ae", "c", "e",  "e", "e",
                                                      "e",  "i", "i", "i", "i",  "d", "n",  "o", "o",  "o", "o",
                                                      "oe", "?", "o", "u", "u",  "u", "ue", "y", "th", "ss"};

// U+0100 to U+017F.
constexpr std::string_view kExtendedA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllln"
    "nnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kExtendedA.size() == 128);

std::string_view Plain(unsigned code) {
  if (code >= 0x300 && code < 0x370) return "";  // a mark that follows its letter
  if (code == 0xFF) return "y";
  if (code >= 0xC0 && code <= 0xFF) return kLatin1[(code - 0xC0) % 32];
  if (code >= 0x100 && code <= 0x17F) return kExtendedA.substr(code - 0x100, 1);
  return "?";
}

}  // namespace

std::string WithoutMarks(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    const auto second = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool pair = first >= 0xC3 && first <= 0xCD && (second & 0xC0U) == 0x80U;
    const std::string_view letter = pair ? Plain((first & 0x1FU) << 6U | (second & 0x3FU)) : "?";
    if (letter == "?") {
      plain += text[i];
      continue;
    }
    plain += letter;
    ++i;
  }
  return plain;
}

}  // namespace sqlmig
