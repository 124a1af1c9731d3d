/* What the commands that replay have in common: from all being ready to the exit status. */
#include "replay.h"

#include "base/memory.h"
#include "interrupt.h"
#include "tool.h"
#include <inttypes.h>

struct vf_replay *vf_replay_create(void)
{
    struct vf_replay *replay = vf_calloc(1, sizeof *replay);

    if (replay)
        vf_replay_init(replay);
    return replay;
}

void vf_replay_free(struct vf_replay *replay)
{
    if (!replay)
        return;
    vf_replay_release(replay);
    vf_free(replay);
}

static void tell_dry_run(struct vf_replay *replay)
{
    for (size_t i = 0; i < replay->target_count; i++)
        vf_progress_tell(
            &replay->progress, "would send %" PRIu64 " records, %" PRIu64 " bytes, to %s",
            replay->targets[i].records, replay->targets[i].bytes, replay->targets[i].topic);
    vf_progress_tell(&replay->progress, "would take %.3f s",
                     (double)(replay->virtual_ns - 1) / 1e9);
}

int vf_replay_play(struct vf_replay *replay, const struct vf_replay_manner *manner)
{
    struct vf_counters counters;
    uint64_t done, total;

    vf_replay_source_progress(replay->source, &done, &total);
    vf_progress_begin(&replay->progress, manner->quiet, total);
    if (replay->resume && vf_resume_is_complete(replay->resume)) {
        vf_progress_tell(&replay->progress, "nothing is left to do: by %s all was acknowledged",
                         manner->resume);
        return VF_TOOL_OK;
    }
    bool whole =
        vf_replay_run(replay, manner->drain_ms > INT32_MAX ? INT32_MAX : (int)manner->drain_ms);
    if (vf_interrupted())
        vf_progress_tell(&replay->progress, "interrupted");
    if (manner->dry_run)
        tell_dry_run(replay);
    vf_replay_counters(replay, &counters);
    if (manner->count_more)
        manner->count_more(manner->owner, &counters);
    vf_progress_end(&replay->progress, manner->dry_run ? "summary of the dry run" : "summary",
                    &counters);
    bool allowed = !replay->tally.skipped || manner->allow_skipped;
    return whole && allowed ? VF_TOOL_OK : VF_TOOL_FAILURE;
}
