#pragma once

#include <string>

namespace sqlmig {

// The last net under all that people see or a log keeps: "****" for the password of any scheme://user:password@host and
// for the value of any password=, such as a URL that stands on the command line where none is expected.
std::string MaskPasswords(std::string text);

}  // namespace sqlmig
