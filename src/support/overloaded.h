#pragma once

namespace sqlmig {

// std::visit(Overloaded{[](A) {...}, [](B) {...}}, variant)
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace sqlmig
