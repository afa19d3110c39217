#include "services/command-gate/command_states.h"

#include <set>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

using v1::CommandState;

using Move = std::pair<CommandState, CommandState>;

std::set<Move> AllMoves(bool free) {
  std::set<Move> moves;
  for (int from = 0; from < v1::CommandState_ARRAYSIZE; ++from) {
    for (int to = 0; to < v1::CommandState_ARRAYSIZE; ++to) {
      const Move move(static_cast<CommandState>(from),
                      static_cast<CommandState>(to));
      if (MayMove(move.first, move.second, free)) moves.insert(move);
    }
  }
  return moves;
}

std::set<Move> CommonMoves() {
  std::set<Move> moves = {
      {v1::COMMAND_STATE_AWAITING_APPROVAL,
       v1::COMMAND_STATE_AWAITING_APPROVAL},
      {v1::COMMAND_STATE_AWAITING_APPROVAL, v1::COMMAND_STATE_APPROVED},
      {v1::COMMAND_STATE_APPROVED, v1::COMMAND_STATE_DISPATCHED},
      {v1::COMMAND_STATE_APPROVED, v1::COMMAND_STATE_FAILED},
      {v1::COMMAND_STATE_DISPATCHED, v1::COMMAND_STATE_SUCCEEDED},
      {v1::COMMAND_STATE_DISPATCHED, v1::COMMAND_STATE_FAILED},
      {v1::COMMAND_STATE_DISPATCHED, v1::COMMAND_STATE_UNKNOWN_OUTCOME},
  };
  for (const CommandState from :
       {v1::COMMAND_STATE_PREPARING, v1::COMMAND_STATE_AWAITING_APPROVAL,
        v1::COMMAND_STATE_APPROVED}) {
    for (const CommandState to :
         {v1::COMMAND_STATE_DENIED, v1::COMMAND_STATE_EXPIRED,
          v1::COMMAND_STATE_CANCELLED}) {
      moves.emplace(from, to);
    }
  }
  return moves;
}

TEST(CommandStatesTest, ACommandThatNeedsATouchIsNeverDispatchedWithoutIt) {
  std::set<Move> moves = CommonMoves();
  moves.emplace(v1::COMMAND_STATE_PREPARING,
                v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(AllMoves(/*free=*/false), moves);
}

TEST(CommandStatesTest, AFreeCommandIsDispatchedAtOnce) {
  std::set<Move> moves = CommonMoves();
  moves.emplace(v1::COMMAND_STATE_PREPARING, v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(AllMoves(/*free=*/true), moves);
}

TEST(CommandStatesTest, NoMoveLeadsAwayFromAFinalState) {
  for (const Move& move : AllMoves(false)) {
    EXPECT_FALSE(IsFinal(move.first)) << StateName(move.first);
  }
}

TEST(CommandStatesTest, NamesHaveNoPrefix) {
  EXPECT_EQ(StateName(v1::COMMAND_STATE_UNKNOWN_OUTCOME), "UNKNOWN_OUTCOME");
}

TEST(CommandStatesTest, OnlyALostRaceOrAnUnknownWriteIsReadAgain) {
  EXPECT_TRUE(MayHaveChanged(Error(reason::kStoreAborted, "too late")));
  EXPECT_TRUE(MayHaveChanged(Error(reason::kStoreEpochChanged, "failover")));
  EXPECT_TRUE(MayHaveChanged(Error(reason::kStoreOutcomeUnknown, "?")));
  EXPECT_FALSE(MayHaveChanged(Error(reason::kStoreUnavailable, "away")));
  EXPECT_FALSE(MayHaveChanged(absl::OkStatus()));
}

TEST(CommandStatesTest, OnlyWhatMayGoWellLaterPasses) {
  EXPECT_TRUE(IsPassing(Error(reason::kPeerUnavailable, "away")));
  EXPECT_TRUE(IsPassing(Error(reason::kStoreAborted, "too late")));
  EXPECT_TRUE(IsPassing(Error(reason::kDeadlineExceeded, "too slow")));
  EXPECT_FALSE(IsPassing(Error(reason::kAlreadyDecided, "no")));
  EXPECT_FALSE(IsPassing(absl::OkStatus()));
}

}  // namespace
}  // namespace u2fi::command_gate
