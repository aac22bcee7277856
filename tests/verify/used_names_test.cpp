#include "verify/used_names.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

TEST(UsedNamesTest, EveryPartOfANameIsOne) {
  const UsedNames names(
      "SELECT users.email FROM public.users, \"Odd One\".\"t\"\"x\" WHERE a OPERATOR(app.===) 'app.s'::regclass");
  for (const char* name :
       {"users", "users.email", "email", "public.users", "\"Odd One\".\"t\"\"x\"", "\"Odd One\"", "app.===", "app.s"}) {
    EXPECT_TRUE(names.Has(name)) << name;
  }
  for (const char* name : {"public.user", "user", "Odd", "One", "public.users.email"}) {
    EXPECT_FALSE(names.Has(name)) << name;
  }
}

TEST(UsedNamesTest, ADollarMayBelongToANameOrEndABody) {
  const UsedNames names("AS $x$SELECT app.t$x$; SELECT a$b");
  EXPECT_TRUE(names.Has("app.t"));
  EXPECT_TRUE(names.Has("a$b"));
}

TEST(UsedNamesTest, APartIsNamedWithWhatItBelongsTo) {
  const CatalogObject column{"column", "public.users.email", "table public.users", {}};
  EXPECT_TRUE(UsedNames("CREATE INDEX i ON public.users USING btree (email)").Uses(column));
  EXPECT_FALSE(UsedNames("CREATE INDEX i ON public.bots USING btree (email)").Uses(column));
  const CatalogObject key{"constraint", "users_pkey on public.users", "table public.users", {}};
  EXPECT_TRUE(UsedNames("ALTER TABLE public.users DROP CONSTRAINT users_pkey").Uses(key));
}

TEST(UsedNamesTest, FunctionsAreNamedWithoutArguments) {
  EXPECT_TRUE(UsedNames("CHECK (app.f(a) > 0)").Uses({"function", "app.f(integer)", "", {}}));
  EXPECT_FALSE(UsedNames("ext").Uses({"extension", "ext", "", {}}));
}

}  // namespace
}  // namespace sqlmig
