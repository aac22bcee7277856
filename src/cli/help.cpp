#include "cli/help.h"

namespace sqlmig {

std::string Wrapped(std::string_view text, std::size_t width) {
  std::string wrapped;
  std::size_t line_start = 0;
  std::size_t last_blank = std::string::npos;
  for (const char c : text) {
    if (c == ' ') last_blank = wrapped.size();
    wrapped += c;
    if (c == '\n') {
      line_start = wrapped.size();
      last_blank = std::string::npos;
    } else if (wrapped.size() - line_start > width && last_blank != std::string::npos) {
      wrapped[last_blank] = '\n';
      line_start = last_blank + 1;
      last_blank = std::string::npos;
    }
  }
  return wrapped;
}

HelpFormatter::HelpFormatter() {
  column_width(32);  // the longest name with its aliases
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

// Without what the library says of numbers of subcommands: the usage line shows it.
std::string HelpFormatter::make_description(const CLI::App* app) const {
  return Wrapped(app->get_description()) + "\n\n";
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  return CLI::detail::find_and_replace(CLI::Formatter::make_option_name(option, is_positional), ",", ", ");
}

// Without the options that it excludes: each of them would say so again.
std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string text = CLI::Formatter::make_option_opts(option);
  return text.substr(0, text.find(" Excludes:"));
}

}  // namespace sqlmig
