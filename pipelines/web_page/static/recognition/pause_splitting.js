// Cutting a long recording at its pauses, whether of speech or of signing.
//
// The rules and their reasons are those of recognizers/segmentation/pause_splitting.py; tests compare the two.
// A segment is {startS, endS, overlapS}: its bounds in seconds from the beginning of the recording, and how much of its
// beginning also belongs to the segment before (0 if a pause separates the two).

import { roundHalfEven } from "./rounding.js";
import { trueRuns } from "./runs.js";
import { bisectLeft, bisectRight } from "./sorted.js";

/** Activity is measured in steps of this duration. */
export const STEP_S = 0.01;
/** The state of a step: digital silence, background, or somebody speaks or signs. */
export const DEAD = 0;
export const QUIET = 1;
export const ACTIVE = 2;

const SHORT_PAUSE_S = 0.15;
export const LONG_PAUSE_S = 0.6;
const DEAD_PAUSE_S = 0.25;
const MARGIN_S = 0.2;
const EDGE_S = 0.6;
const OVERLAP_S = 3.0;

/**
 * Cut a recording into segments that hold all its activity; pauses between them are left out.
 *
 * @param {Int8Array} states - DEAD, QUIET or ACTIVE for each step.
 * @param {number} longestS - Longest segment, apart from up to `edgeS` of pause kept at either end.
 * @param {number} longPauseS - The recording is cut at every pause of this duration or longer.
 * @param {number} edgeS - The whole pause is kept up to an edge this close.
 */
export function splitAtPauses(states, longestS, longPauseS = LONG_PAUSE_S, edgeS = EDGE_S) {
  const active = trueRuns(states.length, (step) => states[step] === ACTIVE);
  const sounds = mergeClose(active, roundHalfEven(SHORT_PAUSE_S / STEP_S));
  const silences = trueRuns(states.length, (step) => states[step] === DEAD);
  const dead = silences.filter(([start, end]) => (end - start) * STEP_S >= DEAD_PAUSE_S);
  if (!sounds.length) return [];
  const longest = roundHalfEven(longestS / STEP_S);
  const parts = groupSounds(sounds, dead, longPauseS).flatMap((group) => splitGroup(group, longest));
  const spans = parts.map((part) => [part[0][0], part[part.length - 1][1]]);
  return addMargins(spans, dead, states.length, edgeS).flatMap(([start, end]) =>
    windows(start * STEP_S, end * STEP_S, longestS),
  );
}

/** Merge neighbouring runs with fewer than `minGap` steps between them. */
function mergeClose(runs, minGap) {
  const merged = [];
  for (const [start, end] of runs) {
    const last = merged[merged.length - 1];
    if (last && start - last[1] < minGap) last[1] = end;
    else merged.push([start, end]);
  }
  return merged;
}

/** Group the sounds that no long pause and no digital silence separates. */
function groupSounds(sounds, dead, longPauseS) {
  const groups = [[sounds[0]]];
  for (let number = 1; number < sounds.length; number++) {
    const [pauseStart, pauseEnd] = [sounds[number - 1][1], sounds[number][0]];
    const isDead = dead.some(([start, end]) => start >= pauseStart && end <= pauseEnd);
    if ((pauseEnd - pauseStart) * STEP_S >= longPauseS || isDead) groups.push([sounds[number]]);
    else groups[groups.length - 1].push(sounds[number]);
  }
  return groups;
}

/** Cut a group of sounds at pauses until every part has at most `longest` steps, or no pause left. */
function splitGroup(group, longest) {
  const [start, end] = [group[0][0], group[group.length - 1][1]];
  if (end - start <= longest || group.length === 1) return [group];
  let [cut, best] = [1, -1];
  for (let number = 1; number < group.length; number++) {
    const [before, after] = [group[number - 1], group[number]];
    const fromEdges = Math.min(before[1] - start, end - after[0], longest >> 1);
    const weight = (after[0] - before[1]) * fromEdges;
    if (weight > best) [cut, best] = [number, weight];
  }
  return [...splitGroup(group.slice(0, cut), longest), ...splitGroup(group.slice(cut), longest)];
}

/** Extend each span into the pauses before and after it, up to their middles but not into digital silence. */
function addMargins(spans, dead, numSteps, edgeS) {
  const deadStarts = new Set(dead.map(([start]) => start));
  const deadEnds = new Set(dead.map(([, end]) => end));
  const edges = [...new Set([0, numSteps, ...deadStarts, ...deadEnds])].sort((a, b) => a - b);
  return spans.map(([start, end], number) => {
    let left = number ? (spans[number - 1][1] + start) >> 1 : 0;
    let right = number + 1 < spans.length ? (end + spans[number + 1][0]) >> 1 : numSteps;
    left = Math.max(left, start - margin(start - edges[bisectRight(edges, start) - 1], edgeS));
    right = Math.min(right, end + margin(edges[bisectLeft(edges, end)] - end, edgeS));
    // Leave out the step next to digital silence: part of it may be silent too, which distorts a log spectrum.
    return [left + (deadEnds.has(left) ? 1 : 0), Math.max(right - (deadStarts.has(right) ? 1 : 0), left + 2)];
  });
}

/** How many steps of pause to keep, given how many there are up to the nearest edge. */
function margin(stepsToEdge, edgeS) {
  return stepsToEdge * STEP_S <= edgeS ? stepsToEdge : roundHalfEven(MARGIN_S / STEP_S);
}

/** One segment or, if it would be too long, overlapping windows of equal length. */
function windows(startS, endS, longestS) {
  const overlapS = Math.min(OVERLAP_S, longestS / 2);
  if (endS - startS <= longestS + 2 * EDGE_S) return [{ startS, endS, overlapS: 0 }];
  const count = Math.ceil((endS - startS - overlapS) / (longestS - overlapS));
  const lengthS = (endS - startS + (count - 1) * overlapS) / count;
  return Array.from({ length: count }, (_, number) => {
    const windowStartS = startS + number * (lengthS - overlapS);
    const windowEndS = number === count - 1 ? endS : windowStartS + lengthS;
    return { startS: windowStartS, endS: windowEndS, overlapS: number ? overlapS : 0 };
  });
}
