#include "verify/result.h"

namespace sqlmig {

std::string_view VerifyCodeName(VerifyCode code) {
  switch (code) {
    case VerifyCode::kUpFailed:
      return "up_failed";
    case VerifyCode::kDownFailed:
      return "down_failed";
    case VerifyCode::kDownInexact:
      return "down_inexact";
    case VerifyCode::kUpAgainFailed:
      return "up_again_failed";
    case VerifyCode::kUpAgainDiffers:
      return "up_again_differs";
    case VerifyCode::kDownNoneButChanges:
      return "down_none_but_changes";
    case VerifyCode::kNotCommuting:
      return "not_commuting";
    case VerifyCode::kOrdersDiffer:
      return "orders_differ";
    case VerifyCode::kProbeUnsteady:
      return "probe_unsteady";
    case VerifyCode::kProbeFailed:
      return "probe_failed";
    case VerifyCode::kDataLost:
      return "data_lost";
    case VerifyCode::kColumnOrder:
      return "column_order";
    case VerifyCode::kDownDisturbs:
      return "down_disturbs";
    case VerifyCode::kRowsDestroyed:
      return "rows_destroyed";
    case VerifyCode::kIrreversible:
      return "irreversible";
  }
  return "";
}

bool IsNote(VerifyCode code) {
  return code == VerifyCode::kColumnOrder || code == VerifyCode::kDownDisturbs || code == VerifyCode::kRowsDestroyed ||
         code == VerifyCode::kIrreversible;
}

}  // namespace sqlmig
