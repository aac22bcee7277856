// What --help looks like.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace sqlmig {

// Breaks lines longer than `width` bytes between words; what is in lines already stays so.
std::string Wrapped(std::string_view text, std::size_t width = 100);

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_description(const CLI::App* app) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace sqlmig
