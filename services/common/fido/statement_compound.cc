#include "services/common/fido/statement_compound.h"

#include <utility>

#include "services/common/fido/formats.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

struct Part {
  std::string format;
  const CborValue* statement;
};

struct CompoundState {
  const CborValue& statement;
  std::vector<Part> parts;
};

absl::Status ReadPart(const CborValue& item, CompoundState& state) {
  const CborValue* format = item.Find("fmt");
  const CborValue* statement = item.Find("attStmt");
  if (item.AsMap() == nullptr || !HasExactly(item, {"fmt", "attStmt"}) ||
      !format->AsText().has_value() || statement->AsMap() == nullptr ||
      format->AsText() == kFormatCompound) {
    return BadStatement("a part is not a statement of another format");
  }
  state.parts.push_back({std::string(*format->AsText()), statement});
  return absl::OkStatus();
}

absl::Status CheckShape(CompoundState& state) {
  const auto* items = state.statement.AsArray();
  if (items == nullptr || items->size() < 2 ||
      items->size() > kMaxCompoundParts) {
    return BadStatement("not 2 to 8 statements");
  }
  for (const CborValue& item : *items) RETURN_IF_ERROR(ReadPart(item, state));
  return absl::OkStatus();
}

absl::Status CheckFormats(CompoundState& state) {
  for (const Part& part : state.parts) {
    if (IsSupportedFormat(part.format)) continue;
    return Error(reason::kFormatUnsupported,
                 "the format of a part is not supported");
  }
  return absl::OkStatus();
}

constexpr Step<CompoundState> kSteps[] = {
    {"compound_shape", CheckShape},
    {"compound_format", CheckFormats},
};

absl::StatusOr<std::vector<Part>> PartsOf(absl::string_view format,
                                          const CborValue& statement) {
  if (format != kFormatCompound) {
    return std::vector<Part>{{std::string(format), &statement}};
  }
  CompoundState state{statement, {}};
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.parts);
}

}  // namespace

absl::StatusOr<std::vector<VerifiedStatement>> VerifyStatements(
    absl::string_view format, const StatementInputs& inputs) {
  ASSIGN_OR_RETURN(const std::vector<Part> parts,
                   PartsOf(format, inputs.statement));
  std::vector<VerifiedStatement> verified;
  for (const Part& part : parts) {
    const StatementInputs of_part{
        *part.statement,           inputs.authenticator_data_bytes,
        inputs.authenticator_data, inputs.key,
        inputs.client_data_hash,   inputs.anchors};
    ASSIGN_OR_RETURN(StatementResult result,
                     VerifyStatement(part.format, of_part));
    verified.push_back({part.format, std::move(result)});
  }
  return verified;
}

std::vector<std::string> CompoundStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
