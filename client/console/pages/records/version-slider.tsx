/** Travels over versions: a range of stops, of which one is chosen, with what it is in words. */
import { Text } from '@mantine/core'
import { useId } from 'react'
import classes from './version-slider.module.css'

export interface VersionStop {
  readonly key: string
  /** Who and when, in a few words. */
  readonly label: string
}

export interface VersionSliderProps {
  readonly label: string
  /** The oldest first. */
  readonly stops: readonly VersionStop[]
  readonly value: string
  readonly onChange: (key: string) => void
}

export function VersionSlider({ label, stops, value, onChange }: VersionSliderProps) {
  const id = useId()
  const found = stops.findIndex(({ key }) => key === value)
  // What is no stop any more was the newest.
  const at = found < 0 ? stops.length - 1 : found
  const stop = stops[at]
  return (
    <div className={classes.slider}>
      <label htmlFor={id} className={classes.label}>
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={Math.max(0, stops.length - 1)}
        step={1}
        value={at}
        aria-valuetext={stop?.label}
        className={classes.range}
        onChange={(event) => {
          const next = stops[Number(event.currentTarget.value)]
          if (next !== undefined) onChange(next.key)
        }}
      />
      <Text size="xs" dir="auto" className={classes.shown ?? ''}>
        {stop?.label}
        <Text span c="dimmed" className="tabular">
          {' '}
          {at + 1} of {stops.length}
        </Text>
      </Text>
    </div>
  )
}
