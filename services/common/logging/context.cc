#include "services/common/logging/context.h"

namespace u2fi::logging {
namespace {

thread_local const Context* current_context = nullptr;

}  // namespace

const Context* CurrentContext() { return current_context; }

ContextScope::ContextScope(const Context& context) : former_(current_context) {
  current_context = &context;
}

ContextScope::~ContextScope() { current_context = former_; }

}  // namespace u2fi::logging
