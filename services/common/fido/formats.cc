#include "services/common/fido/formats.h"

#include "services/common/fido/statement_android_key.h"
#include "services/common/fido/statement_apple.h"
#include "services/common/fido/statement_fido_u2f.h"
#include "services/common/fido/statement_packed.h"
#include "services/common/fido/statement_tpm.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

absl::Status CheckNoneShape(StatementState& state) {
  if (state.in.statement.AsMap()->empty()) return absl::OkStatus();
  return BadStatement("the statement of none is not empty");
}

constexpr Step<StatementState> kNoneSteps[] = {{"none_shape", CheckNoneShape}};

absl::StatusOr<StatementResult> VerifyNone(const StatementInputs& inputs) {
  StatementState state(inputs);
  RETURN_IF_ERROR(RunSteps(kNoneSteps, state));
  return std::move(state.result);
}

struct Format {
  absl::string_view name;
  absl::StatusOr<StatementResult> (*verify)(const StatementInputs&);
};
constexpr Format kFormats[] = {
    {"none", VerifyNone},
    {"packed", VerifyPackedStatement},
    {"fido-u2f", VerifyFidoU2fStatement},
    {"tpm", VerifyTpmStatement},
    {"android-key", VerifyAndroidKeyStatement},
    {"apple", VerifyAppleStatement},
};

const Format* Find(absl::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace

bool IsSupportedFormat(absl::string_view format) {
  return Find(format) != nullptr;
}

absl::StatusOr<StatementResult> VerifyStatement(absl::string_view format,
                                                const StatementInputs& inputs) {
  const Format* found = Find(format);
  if (found == nullptr) return BadStatement("the format is not supported");
  if (inputs.statement.AsMap() == nullptr) {
    return BadStatement("the statement is not a map");
  }
  return found->verify(inputs);
}

}  // namespace u2fi::fido
