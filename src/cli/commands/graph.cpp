#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/database_view.h"
#include "cli/errors.h"
#include "cli/run_flow.h"
#include "report/graph_report.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr int kNarrowest = 40;
constexpr int kWithoutTerminal = 200;

struct GraphOptions {
  std::string out;
  bool format_given = false;
  bool with_database = false;
  bool ascii = false;
};

// As the C library finds it: the first of these that is set decides.
bool IsUtf8Locale(const Context& context) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = context.environment(name).value_or("");
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

GraphTextOptions TextOptions(const GraphOptions& options, const Context& context) {
  const bool terminal = context.out_is_terminal && options.out.empty();
  GraphTextOptions text;
  text.width = terminal ? std::max(context.columns, kNarrowest) : kWithoutTerminal;
  text.color = options.out.empty() && context.ColorFor(terminal);
  text.unicode = !options.ascii && IsUtf8Locale(context);
  return text;
}

// Ids whose up script changed since it was applied.
std::vector<std::string> EditedIn(const Project& project, const DatabaseView& view) {
  if (!view.with_state()) return {};
  ScriptStore store(project.manifest, view.entry());
  return FindEdited(view.entry(), store, view.situation(), {});
}

// What the name of the file asks for.
Format FormatOf(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".svg") return Format::kSvg;
  if (extension == ".dot" || extension == ".gv") return Format::kDot;
  if (extension == ".mmd" || extension == ".mermaid") return Format::kMermaid;
  if (extension == ".md") return Format::kMarkdown;
  return extension == ".json" ? Format::kJson : Format::kText;
}

// Links lead from where the drawing will lie to the scripts.
void MakeLinks(const std::filesystem::path& out, const std::filesystem::path& folder, GraphView* view) {
  std::error_code failed;
  const std::filesystem::path from =
      std::filesystem::weakly_canonical(out.has_parent_path() ? out.parent_path() : ".", failed);
  const std::filesystem::path to = std::filesystem::weakly_canonical(folder.empty() ? "." : folder, failed);
  const std::filesystem::path way = to.lexically_relative(from);
  if (failed || way.empty() || way == ".") return;
  for (GraphNode& node : view->nodes) {
    for (std::string* path : {&node.up_path, &node.down_path}) {
      if (!path->empty()) *path = (way / *path).lexically_normal().string();
    }
  }
}

int RunGraph(const GraphOptions& options, Context& context) {
  if (!options.format_given && !options.out.empty()) context.global.format = FormatOf(options.out);
  const Format format = context.global.format;
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  if (selected.size() > 1 && (format == Format::kMermaid || format == Format::kSvg)) {
    throw Error(ErrorCode::kUsage, "such a drawing shows one database, and the manifest has several")
        .Hint("choose one with -d; dot, markdown and json take them all");
  }
  GraphReport report;
  report.text = TextOptions(options, context);
  const std::vector<Seen> databases = SeeDatabases(project, context, selected, options.with_database);
  for (const Seen& seen : databases) {
    if (seen.error) report.errors.emplace_back(seen.entry->name, *seen.error);
    if (!seen.view) continue;
    if (seen.view->graph().size() == 0) SayNothing(context, *seen.entry, "there are no migrations");
    report.graphs.push_back(seen.view->Drawing(EditedIn(project, *seen.view)));
    if (format != Format::kJson) MakeLinks(options.out, context.folder, &report.graphs.back());
  }
  const std::string drawing = Render(report, format);
  if (options.out.empty()) {
    context.out << drawing << std::flush;
  } else {
    WriteOutput(options.out, drawing);
  }
  return ReportErrors(context, ErrorsOf(databases), selected.size());
}

}  // namespace

void AddGraph(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"graph",
            {},
            "Draw the migrations and what they depend on",
            "In the terminal in lanes, newest first, as 'git log --graph'; or, with --format, for Graphviz (dot), as a "
            "Mermaid flowchart (mermaid; markdown puts it into a fence), as a picture (svg), or as json. With "
            "--with-database each is marked as applied, pending, late, edited, unknown or interrupted.",
            "  sqlmig graph\n"
            "  sqlmig graph -d meta --with-database\n"
            "  sqlmig graph -d meta --out graph.svg\n"
            "  sqlmig graph -d meta --format dot | dot -Tpdf > graph.pdf"});
  const auto options = std::make_shared<GraphOptions>();
  command->add_option("--out", options->out, "Write to a file; its extension says the form unless --format does")
      ->type_name("FILE");
  command->add_flag("--with-database", options->with_database, "Connect, and mark what is applied and what is pending");
  command->add_flag("--ascii", options->ascii, "Only ASCII characters, whatever the locale");
  const CLI::Option* const format = app.get_option("--format");
  const auto run = [options, format](Context& context) {
    options->format_given = format->count() > 0;
    return RunGraph(*options, context);
  };
  Runs(command, selected, "graph", run, Forms::kDrawings);
}

}  // namespace sqlmig
