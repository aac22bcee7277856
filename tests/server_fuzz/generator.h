// Scripts made of what is hard to take apart: all kinds of quotes with semicolons and each other's marks in them,
// strings continued over lines, nested comments, bodies between BEGIN ATOMIC and END, COPY data. Most are right as they
// are made; some are damaged afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace sqlmig::server_fuzz {

// The same number gives the same text, in programs of one compiler: which operand of a '+' is made first is its choice.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string Script();

 private:
  std::size_t Below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool Percent(std::size_t chance) { return Below(100) < chance; }
  template <std::size_t n>
  std::string Pick(const std::string_view (&from)[n]) {
    return std::string(from[Below(n)]);
  }

  std::string Blanks();  // one or more, and comments
  std::string Maybe() { return Percent(60) ? "" : Blanks(); }
  std::string Content();         // of a string: pieces of everything
  std::string EscapedContent();  // of E'...'
  std::string PlainString();
  std::string EscapeString();
  std::string UnicodeString();
  std::string BitString();
  std::string DollarString();
  std::string Continued(std::string first);  // 'a'\n'b'
  std::string String();
  std::string Identifier();
  std::string Number();
  std::string Expression(std::size_t depth);  // of type text
  std::string Select();
  std::string Insert();
  std::string Do();
  std::string Routine();
  std::string AtomicBody();
  std::string Rule();
  std::string Copy();  // with its semicolon and data
  std::string Statement();
  void Damage(std::string& text);

  std::mt19937_64 random_;
};

}  // namespace sqlmig::server_fuzz
