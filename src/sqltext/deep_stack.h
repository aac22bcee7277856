// A thread with a stack for recursion whose depth a script decides.
#pragma once

#include <functional>

namespace sqlmig {

// Runs `work` on a thread of its own with a stack of 512 MB, of which the system gives what is touched, and waits for
// its end. What `work` throws is thrown here. Throws kInternal when the system gives no such thread.
void RunOnDeepStack(const std::function<void()>& work);

}  // namespace sqlmig
