#ifndef U2FI_SERVICES_COMMON_LOGGING_CONTEXT_H_
#define U2FI_SERVICES_COMMON_LOGGING_CONTEXT_H_

#include <string>

namespace u2fi::logging {

// What every line logged while one call is served says about that call. Empty
// members are left out.
struct Context {
  std::string trace_id;
  std::string request_id;
  std::string rpc;
  // URI of the caller.
  std::string peer;
};

// The context of the present thread, or nullptr.
const Context* CurrentContext();

// Makes `context` the present thread's for as long as this object lives, then
// the former one again. `context` must outlive it. Scopes nest; a scope stays
// on the thread that made it.
class ContextScope {
 public:
  explicit ContextScope(const Context& context);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  const Context* const former_;
};

}  // namespace u2fi::logging

#endif  // U2FI_SERVICES_COMMON_LOGGING_CONTEXT_H_
