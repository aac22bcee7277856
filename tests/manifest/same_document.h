// Whether a text gives the same document with and without the shortcut for entry lines.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "manifest/problems.h"
#include "manifest/yaml_document.h"

namespace sqlmig::testing {

// Every node with its place and text, and every problem: what a reader can see of a document.
inline std::string Describe(const YamlDocument& document, Problems problems, std::string_view text) {
  std::string all = document.complete() ? "" : "incomplete\n";
  for (const YamlNode& node : document.nodes()) {
    all += fmt::format("{}{}{} {}:{}:{} {} '{}'\n", static_cast<int>(node.kind), node.flow ? "f" : "",
                       node.complete ? "" : "i", node.offset, node.line, node.column, node.size, document.Text(node));
  }
  for (const Error& error : std::move(problems).ToErrors("m.yaml", text)) {
    all += fmt::format("{}:{}: {} | {}\n", error.location().at.line, error.location().at.column, error.message(),
                       error.hint());
  }
  return all;
}

// Empty when nothing does.
inline std::string WhatDiffers(std::string_view text) {
  Problems problems;
  Problems expected_problems;
  const YamlDocument document = YamlDocument::Parse(text, problems);
  const YamlDocument expected = YamlDocument::ParseWithoutShortcut(text, expected_problems);
  const std::string is = Describe(document, problems, text);
  const std::string should = Describe(expected, expected_problems, text);
  return is == should ? "" : fmt::format("with the shortcut:\n{}without:\n{}", is, should);
}

}  // namespace sqlmig::testing
